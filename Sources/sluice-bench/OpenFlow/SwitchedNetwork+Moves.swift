// Circumstances under which the daemon moves a flow by itself.

import Glibc
import SluiceJSON

extension SwitchedNetwork {
    /// Reports one way as full and the other as idle, both directions, ten times a second, until `flow` and its companion
    /// have left the full one.
    func teach(worse: String, better: String, until flow: String) throws(Shell.Failure) {
        let rest = [("s1-s2", "s2-s4"), ("s1-s3", "s3-s4")]
        func samples() -> String {
            rest.flatMap { pair -> [String] in
                let busy = pair.0 == worse ? 0.9 : 0.01
                return [pair.0, pair.1].flatMap { ["\($0)>", "\($0)<"] }.map {
                    #"{"link":"\#($0)","utilisation":\#(busy)}"#
                }
            }.joined(separator: ",")
        }
        let deadline = Shell.seconds() + 10
        while Shell.seconds() < deadline {
            _ = try call("telemetry.report", #"{"samples":[\#(samples())]}"#)
            usleep(100_000)
            var isThere = true
            for id in [flow, flow + "~reverse"] {
                let links = try call("flow.get", #"{"id":"\#(id)"}"#)["flow"]?["links"]?.array ?? []
                if !links.contains(where: { $0.string?.hasPrefix(better) == true }) { isThere = false }
            }
            if isThere { return }
        }
        throw Shell.Failure(description: "learning does not move \(flow)")
    }

    /// Two flows on two paths, and a third one waiting that has room only where they share one: on links of 10 Mbit/s, 4
    /// and 4 beside 8. What comes back has flows of its own, since the optimiser leaves companions where they are.
    func makeRoomForOptimiser() throws(Shell.Failure) {
        func submit(_ id: String, _ from: String, _ to: String, _ bandwidth: Int, _ more: String = "")
            throws(Shell.Failure)
        {
            let answer = try call(
                "flow.submit",
                #"{"id":"\#(id)","source":"\#(from)","destination":"\#(to)","bandwidth":\#(bandwidth)\#(more)}"#)
            guard answer["flow"]?["state"]?.string == "admitted" else {
                throw Shell.Failure(description: "\(id) is not admitted")
            }
        }
        func match(_ port: Int) -> String {
            #","match":{"eth_type":2048,"ip_proto":17,"ipv4_src":"10.0.0.1","ipv4_dst":"10.0.0.2","udp_dst":\#(port)}"#
        }
        try submit("first", "h1", "h2", 4_000_000)
        try submit("first-back", "h2", "h1", 1_000_000)
        // On the upper path 4 + 3, on the lower one 8: the second flow of 4 pushes the 8 out. Then the 3 go.
        try submit("filler", "h1", "h2", 3_000_000, match(7_001) + #","constraints":{"avoid":["s1-s3"]}"#)
        try submit("large", "h1", "h2", 8_000_000, match(7_002) + #","class":"bulk""#)
        try submit("second", "h3", "h4", 4_000_000)
        try submit("second-back", "h4", "h3", 1_000_000)
        _ = try call("flow.withdraw", #"{"id":"filler"}"#)
        try awaitSettled()
    }
}
