// How a flow's rate ran over its life, in constant memory: what was sent in each of at most sixteen equal stretches,
// which double in length as the flow lasts longer, and how often each amount was sent in one window.

/// Bytes over time of one flow that lasts longer than one window.
package struct RateProfile: Hashable, Sendable {
    /// Most stretches.
    package static let stretchCount = 16

    // Invariants: `stretches` holds all bytes; stretch i begins `i · windowsPerStretch` windows after the origin. While
    // a stretch is one window, the stretches are the windows and `histogram` is empty; then it counts all finished ones.
    private var stretches = [Int](repeating: 0, count: stretchCount)
    /// A power of two.
    package private(set) var windowsPerStretch = 1
    /// Number of the present window, counted from the origin.
    private var window = 0
    private var windowBytes = 0
    private var peakBytes = 0
    /// Finished windows by `bucket(of:)` of their bytes.
    private var histogram: [UInt32] = []
    /// Whether percentiles will be asked for, which takes more memory than everything else here.
    private let countsWindows: Bool

    /// Begins in the first window, in which so much has been sent.
    init(firstWindowBytes: Int, countsWindows: Bool = true) {
        self.countsWindows = countsWindows
        windowBytes = firstWindowBytes
        stretches[0] = firstWindowBytes
    }

    /// Counts a packet in window `number`; one of an earlier window counts in the present one.
    mutating func add(_ bytes: Int, inWindow number: Int) {
        if number > window {
            peakBytes = max(peakBytes, windowBytes)
            if countsWindows, windowsPerStretch == 1, number >= Self.stretchCount {
                // From here on the stretches do not tell the windows apart.
                histogram = [UInt32](repeating: 0, count: Self.bucketCount)
                for finished in stretches[..<window] { histogram[Self.bucket(of: finished)] += 1 }
            }
            if !histogram.isEmpty {
                histogram[Self.bucket(of: windowBytes)] &+= 1
                histogram[0] &+= UInt32(clamping: number - window - 1)
            }
            window = number
            windowBytes = 0
            while number / windowsPerStretch >= Self.stretchCount { merge() }
        }
        windowBytes += bytes
        stretches[window / windowsPerStretch] += bytes
    }

    private mutating func merge() {
        for position in 0..<Self.stretchCount / 2 {
            stretches[position] = stretches[2 * position] + stretches[2 * position + 1]
        }
        for position in Self.stretchCount / 2..<Self.stretchCount { stretches[position] = 0 }
        windowsPerStretch *= 2
    }

    /// Bytes of each stretch up to the last one in use.
    package var bytesByStretch: ArraySlice<Int> { stretches[...(window / windowsPerStretch)] }

    /// Most bytes in one window.
    package var peakWindowBytes: Int { max(peakBytes, windowBytes) }

    /// Bytes that `share` of the windows do not exceed, silent ones included; above sixteen windows at most an eighth
    /// too much.
    ///
    /// - Precondition: windows were counted.
    package func windowBytes(atShare share: Double) -> Int {
        precondition(countsWindows, "windows were not counted, so there are no percentiles")
        let wanted = max(1, Int((Double(window + 1) * share).rounded(.up)))
        if histogram.isEmpty { return bytesByStretch.sorted()[min(window, wanted - 1)] }
        var counts = histogram
        counts[Self.bucket(of: windowBytes)] &+= 1
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += Int(count)
            if seen >= wanted { return min(Self.most(in: bucket), peakWindowBytes) }
        }
        return peakWindowBytes
    }

    // Buckets: one for each amount below eight, then eight for every doubling, so that the largest amount of a bucket
    // is at most an eighth above its smallest; the last one takes everything from 2^39 on.
    private static let bucketCount = 8 * 38

    static func bucket(of bytes: Int) -> Int {
        if bytes < 8 { return max(0, bytes) }
        let octave = Int.bitWidth - 1 - bytes.leadingZeroBitCount
        return min(bucketCount - 1, (octave - 2) * 8 + (bytes >> (octave - 3)) & 7)
    }

    /// The largest amount of a bucket.
    static func most(in bucket: Int) -> Int {
        if bucket < 8 { return bucket }
        let octave = bucket / 8 + 2
        return ((8 + bucket % 8 + 1) << (octave - 3)) - 1
    }
}
