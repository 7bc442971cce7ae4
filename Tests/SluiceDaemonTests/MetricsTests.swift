// The text that Prometheus reads, and the little of HTTP that carries it.

import SluiceDaemon
import Testing

@Suite struct PrometheusTextTests {
    @Test func `families, labels and escapes are as the text format says`() {
        var text = PrometheusText()
        text.family("sluice_links", .gauge, "Links.")
        text.sample(0.25, [("link", "a\\b\"c\nd")])
        text.family("sluice_total", .counter, "All.")
        text.sample(3.0)
        #expect(
            String(decoding: text.bytes, as: UTF8.self)
                == "# HELP sluice_links Links.\n# TYPE sluice_links gauge\n"
                + "sluice_links{link=\"a\\\\b\\\"c\\nd\"} 0.25\n"
                + "# HELP sluice_total All.\n# TYPE sluice_total counter\nsluice_total 3\n")
    }

    @Test func `buckets are cumulative and a bound is in its own bucket`() {
        var histogram = Histogram([0.5, 1])
        for value in [0.25, 0.5, 1, 7] { histogram.observe(value) }
        var text = PrometheusText()
        text.family("t_seconds", .histogram, "Time.")
        text.samples(of: histogram)
        #expect(
            String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").dropFirst(2) == [
                "t_seconds_bucket{le=\"0.5\"} 2", "t_seconds_bucket{le=\"1\"} 3", "t_seconds_bucket{le=\"+Inf\"} 4",
                "t_seconds_sum 8.75", "t_seconds_count 4",
            ])
    }

    @Test func `numbers that are none have their names`() {
        var text = PrometheusText()
        text.family("x", .gauge, "X.")
        for value in [Double.nan, .infinity, -.infinity, 1e300, -3] { text.sample(value) }
        #expect(
            String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").dropFirst(2)
                == ["x NaN", "x +Inf", "x -Inf", "x 1e+300", "x -3"])
    }
}

@Suite struct ScrapeRequestTests {
    private func outcome(_ text: String) -> ScrapeRequest.Outcome {
        var request = ScrapeRequest()
        return request.receive(Array(text.utf8))
    }

    @Test(arguments: [
        ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", ScrapeRequest.Outcome.metrics(isHead: false)),
        ("GET /metrics?name=x HTTP/1.0\n\n", .metrics(isHead: false)),
        ("HEAD /metrics HTTP/1.1\r\n\r\n", .metrics(isHead: true)),
        ("GET / HTTP/1.1\r\n\r\n", .refused(status: "404 Not Found")),
        ("POST /metrics HTTP/1.1\r\n\r\n", .refused(status: "405 Method Not Allowed")),
        ("GET /metrics\r\n\r\n", .refused(status: "400 Bad Request")),
        ("GET /metrics FTP/1.1\r\n\r\n", .refused(status: "400 Bad Request")),
        ("\u{16}\u{3}\u{1}\r\n\r\n", .refused(status: "400 Bad Request")),
        ("GET /metrics HTTP/1.1\r\nHost: x\r\n", .incomplete),
    ])
    func `a request has its answer`(text: String, expected: ScrapeRequest.Outcome) {
        #expect(outcome(text) == expected)
    }

    @Test func `a request may come byte by byte`() {
        var request = ScrapeRequest()
        let bytes = Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        for byte in bytes.dropLast() { #expect(request.receive([byte]) == .incomplete) }
        #expect(request.receive(bytes.suffix(1)) == .metrics(isHead: false))
    }

    @Test func `a head without end is refused before it fills the memory`() {
        var request = ScrapeRequest()
        var outcome = ScrapeRequest.Outcome.incomplete
        var count = 0
        while outcome == .incomplete, count < 100_000 {
            outcome = request.receive(Array(repeating: UInt8(ascii: "x"), count: 1_000))
            count += 1_000
        }
        #expect(outcome == .refused(status: "431 Request Header Fields Too Large"))
        #expect(count <= ScrapeRequest.headLimit + 1_000)
    }
}

@Suite struct LoopbackAddressTests {
    @Test(arguments: [
        ("127.0.0.1:9480", "127.0.0.1:9480"), ("9480", "127.0.0.1:9480"), ("[::1]:9480", "[::1]:9480"),
        ("127.9.8.7:0", "127.9.8.7:0"),
    ])
    func `loopback addresses are taken`(text: String, normal: String) throws {
        #expect(try LoopbackAddress(text).text == normal)
    }

    @Test(arguments: ["0.0.0.0:9480", "192.0.2.1:9480", "[::]:9480", "[2001:db8::1]:1"])
    func `addresses that others can reach are refused`(text: String) {
        #expect(throws: LoopbackAddress.Failure.notLoopback(text)) { try LoopbackAddress(text) }
    }

    @Test(arguments: ["", "localhost:9480", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", ":"])
    func `what is no address is refused`(text: String) {
        #expect(throws: LoopbackAddress.Failure.malformed(text)) { try LoopbackAddress(text) }
    }
}
