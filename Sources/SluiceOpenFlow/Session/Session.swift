// One connection to a switch as a state machine: bytes in, bytes and news out, the time handed in. It greets (OpenFlow
// 1.3.5, section 6.3.1), learns what the switch is, keeps its health by ECHO, puts answers of many parts together, and
// numbers what its owner sends. What to send is decided elsewhere (`SwitchAgent`).

package import SluiceModel

/// What a switch has told of itself when a session becomes ready.
package struct SwitchIdentity: Hashable, Sendable {
    package var features: Features
    package var description: SwitchDescription
    /// By number, ascending.
    package var ports: [Port]
    /// Whether it takes bundles of the ONF extension.
    package var takesBundles: Bool
}

package struct Session: Sendable {
    package enum Ending: Hashable, Sendable {
        /// The other end speaks no version of ours.
        case noCommonVersion
        case malformed(Malformed)
        /// Answered no ECHO for so long.
        case silent(seconds: Double)
        /// A question was not answered for so long.
        case unanswered(seconds: Double)
        /// It refused a message that a session cannot do without.
        case refused(ErrorMessage)
        /// An answer has more entries than `OpenFlowLimits.multipartEntries`.
        case tooMuch
        /// It is an auxiliary connection of a switch, which we do not use.
        case auxiliary

        package var text: String {
            switch self {
            case .noCommonVersion: "it does not speak OpenFlow 1.3"
            case .malformed(let fault): "it sent what is no OpenFlow 1.3 message: \(fault.text)"
            case .silent(let seconds): "it has not answered an echo for \(seconds) s"
            case .unanswered(let seconds): "it has not answered for \(seconds) s"
            case .refused(let error): "it refused the session: \(error.text)"
            case .tooMuch: "an answer has more than \(OpenFlowLimits.multipartEntries) entries"
            case .auxiliary: "it opened an auxiliary connection"
            }
        }
    }

    package enum News: Hashable, Sendable {
        case ready(SwitchIdentity)
        case portChanged(PortStatus)
        case packetIn(PacketIn)
        case flowRemoved(FlowRemoved)
        case barrierReached(xid: UInt32)
        case answered(xid: UInt32, [MultipartBody])
        case bundle(xid: UInt32, BundleControl)
        case refused(xid: UInt32, ErrorMessage)
        /// Time from an ECHO to its answer.
        case echoed(seconds: Double)
        /// The last news; the connection is to be closed.
        case ended(Ending)
    }

    package struct Timing: Hashable, Sendable {
        package var echoIntervalSeconds = 5.0
        package var echoTimeoutSeconds = 10.0
        package var answerTimeoutSeconds = 30.0
        package init() {}
    }

    private enum Phase: Hashable {
        case greeting
        case learning
        case ready
        case ended
    }

    /// A question that waits for its answer.
    private struct Question {
        var asked: Instant
        var parts: [MultipartBody] = []
        var entries = 0
    }

    private let timing: Timing
    private var phase = Phase.greeting
    private var framer = MessageFramer()
    private var writer = WireWriter()
    private var nextXID: UInt32 = 1
    private var started: Instant
    private var questions: [UInt32: Question] = [:]
    private var echoSent: (xid: UInt32, at: Instant)?
    private var lastEcho: Instant
    private var features: Features?
    private var description: SwitchDescription?
    private var ports: [UInt32: Port] = [:]
    private var probe: UInt32?
    private var takesBundles = false
    private var lastBarrier: UInt32 = 0
    private var lastQuestion: UInt32 = 0

    /// The bundle that is opened and discarded to see whether the switch takes any.
    private static let probeBundle: UInt32 = 0x51c0_0000

    package init(at now: Instant, timing: Timing = Timing()) {
        self.timing = timing
        started = now
        lastEcho = now
        _ = send(.hello(.ours))
    }

    package var isReady: Bool { phase == .ready }

    /// The present state of its ports.
    package func port(_ number: UInt32) -> Port? { ports[number] }

    /// Bytes that have gathered for the switch.
    package mutating func takeOutgoing() -> [UInt8] {
        defer { writer = WireWriter() }
        return writer.bytes
    }

    /// Makes room for `count` bytes more.
    package mutating func reserve(_ count: Int) { writer.reserve(writer.count + count) }

    /// Writes one message.
    ///
    /// - Returns: its transaction id.
    @discardableResult
    package mutating func send(_ message: Message) -> UInt32 {
        let xid = nextXID
        nextXID = nextXID == .max ? 1 : nextXID + 1
        message.write(to: &writer, xid: xid)
        return xid
    }

    /// Asks for statistics; the answer comes whole, as `.answered`, or as `.refused`.
    package mutating func ask(_ request: MultipartRequest, at now: Instant) -> UInt32 {
        let xid = send(.multipartRequest(request))
        questions[xid] = Question(asked: now)
        return xid
    }

    /// Asks to be told, by `.barrierReached`, when everything sent so far has been done.
    package mutating func barrier(at now: Instant) -> UInt32 {
        let xid = send(.barrierRequest)
        questions[xid] = Question(asked: now)
        return xid
    }

    package mutating func receive(_ bytes: some Sequence<UInt8>, at now: Instant) -> [News] {
        guard phase != .ended else { return [] }
        framer.receive(bytes)
        var news: [News] = []
        while phase != .ended {
            do throws(Malformed) {
                guard let frame = try framer.next() else { break }
                try take(frame, at: now, &news)
            } catch {
                // OFPET_BAD_REQUEST, OFPBRC_BAD_LEN.
                send(.error(ErrorMessage(type: 1, code: 6)))
                end(.malformed(error), &news)
            }
        }
        return news
    }

    /// When `timeReached` has something to do.
    package var nextWake: Instant {
        if phase == .greeting || phase == .learning { return started.advanced(bySeconds: timing.echoTimeoutSeconds) }
        var next =
            (echoSent?.at).map { $0.advanced(bySeconds: timing.echoTimeoutSeconds) }
            ?? lastEcho.advanced(bySeconds: timing.echoIntervalSeconds)
        if let oldest = questions.values.map(\.asked).min() {
            next = min(next, oldest.advanced(bySeconds: timing.answerTimeoutSeconds))
        }
        return next
    }

    package mutating func timeReached(_ now: Instant) -> [News] {
        guard phase != .ended, now >= nextWake else { return [] }
        var news: [News] = []
        if phase != .ready {
            end(.unanswered(seconds: timing.echoTimeoutSeconds), &news)
        } else if let echo = echoSent, now.seconds(since: echo.at) >= timing.echoTimeoutSeconds {
            end(.silent(seconds: timing.echoTimeoutSeconds), &news)
        } else if questions.values.contains(where: { now.seconds(since: $0.asked) >= timing.answerTimeoutSeconds }) {
            end(.unanswered(seconds: timing.answerTimeoutSeconds), &news)
        } else if echoSent == nil {
            echoSent = (send(.echoRequest([])), now)
            lastEcho = now
        }
        return news
    }
}

// MARK: Receiving

extension Session {
    private mutating func end(_ ending: Ending, _ news: inout [News]) {
        phase = .ended
        news.append(.ended(ending))
    }

    private mutating func take(_ frame: [UInt8], at now: Instant, _ news: inout [News]) throws(Malformed) {
        let envelope: Envelope
        do throws(Malformed) {
            envelope = try Envelope(frame)
        } catch {
            guard case .unknownType = error, phase == .ready else { throw error }
            // OFPBRC_BAD_TYPE, with the beginning of what was not understood.
            send(.error(ErrorMessage(type: 1, code: 1, data: Array(frame.prefix(64)))))
            return
        }
        if phase == .greeting {
            try greet(envelope, at: now, &news)
            return
        }
        switch envelope.message {
        case .echoRequest(let data): Message.echoReply(data).write(to: &writer, xid: envelope.xid)
        case .echoReply:
            guard let echo = echoSent, echo.xid == envelope.xid else { return }
            echoSent = nil
            news.append(.echoed(seconds: max(0, now.seconds(since: echo.at))))
        case .error(let error): takeError(error, xid: envelope.xid, &news)
        case .featuresReply(let features):
            guard phase == .learning else { return }
            guard features.auxiliary == 0 else {
                end(.auxiliary, &news)
                return
            }
            self.features = features
        case .multipartReply(let reply): takePart(reply, xid: envelope.xid, &news)
        case .barrierReply:
            guard questions.removeValue(forKey: envelope.xid) != nil else { return }
            if phase == .learning, envelope.xid == lastBarrier {
                becomeReady(&news)
            } else {
                news.append(.barrierReached(xid: envelope.xid))
            }
        case .bundleControl(let control):
            if envelope.xid == probe {
                takesBundles = control.kind == .openReply
            } else {
                news.append(.bundle(xid: envelope.xid, control))
            }
        case .portStatus(let status):
            ports[status.port.number] = status.reason == .deleted ? nil : status.port
            if phase == .ready { news.append(.portChanged(status)) }
        case .packetIn(let packet): if phase == .ready { news.append(.packetIn(packet)) }
        case .flowRemoved(let removed): if phase == .ready { news.append(.flowRemoved(removed)) }
        case .hello, .bundleAddition, .experimenter, .featuresRequest, .getConfigurationRequest,
            .getConfigurationReply, .setConfiguration, .packetOut, .flowMod, .groupMod, .multipartRequest,
            .barrierRequest, .roleRequest, .roleReply, .getAsyncRequest, .getAsyncReply, .setAsync, .meterMod:
            break
        }
    }

    private mutating func greet(_ envelope: Envelope, at now: Instant, _ news: inout [News]) throws(Malformed) {
        switch envelope.message {
        case .hello(let hello):
            guard hello.speaks13 else {
                // OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE.
                send(.error(ErrorMessage(type: 0, code: 0, data: Array("OpenFlow 1.3 is spoken here".utf8))))
                end(.noCommonVersion, &news)
                return
            }
            phase = .learning
            send(.featuresRequest)
            send(.setConfiguration(SwitchConfiguration(missLength: Action.wholePacket)))
            send(.setAsync(.wanted))
            _ = ask(.description, at: now)
            _ = ask(.portDescriptions, at: now)
            probe = send(.bundleControl(BundleControl(.openRequest, bundle: Self.probeBundle)))
            send(.bundleControl(BundleControl(.discardRequest, bundle: Self.probeBundle)))
            lastBarrier = barrier(at: now)
        case .error: end(.noCommonVersion, &news)
        default: throw .wrongValue(UInt32(envelope.message.type.rawValue))
        }
    }

    private mutating func becomeReady(_ news: inout [News]) {
        guard let features else {
            end(.unanswered(seconds: 0), &news)
            return
        }
        phase = .ready
        let unknown = SwitchDescription(manufacturer: "", hardware: "", software: "", serialNumber: "", datapath: "")
        news.append(
            .ready(
                SwitchIdentity(
                    features: features, description: description ?? unknown,
                    ports: ports.values.sorted { $0.number < $1.number }, takesBundles: takesBundles)))
    }

    private mutating func takeError(_ error: ErrorMessage, xid: UInt32, _ news: inout [News]) {
        let wasQuestion = questions.removeValue(forKey: xid) != nil
        if phase == .ready {
            news.append(.refused(xid: xid, error))
        } else if wasQuestion && xid == lastBarrier || error.type == 0 {
            end(.refused(error), &news)
        }
        // A switch without bundles, asynchronous configuration or descriptions is one all the same.
    }

    private mutating func takePart(_ reply: MultipartReply, xid: UInt32, _ news: inout [News]) {
        guard var question = questions[xid] else { return }
        question.entries += reply.body.count
        guard question.entries <= OpenFlowLimits.multipartEntries else {
            end(.tooMuch, &news)
            return
        }
        if let first = question.parts.first, first.type != reply.body.type {
            end(.malformed(.wrongValue(UInt32(reply.body.type))), &news)
            return
        }
        question.parts.append(reply.body)
        guard !reply.hasMore else {
            // Each part shows that the switch is at it.
            questions[xid] = question
            return
        }
        questions[xid] = nil
        guard phase == .learning else {
            news.append(.answered(xid: xid, question.parts))
            return
        }
        for part in question.parts {
            switch part {
            case .description(let description): self.description = description
            case .portDescriptions(let list): for port in list { ports[port.number] = port }
            default: break
            }
        }
    }
}
