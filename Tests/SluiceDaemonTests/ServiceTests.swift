// Socket activation and the service manager's notices, as far as they need no daemon.

import Glibc
import SluiceDaemon
import Testing

@Suite struct ServiceTests {
    @Test func `the watchdog is fed at half its time`() {
        let service = ServiceNotification(environment: ["WATCHDOG_USEC": "30000000"], processID: 7)
        #expect(service.watchdogNanoseconds == 15_000_000_000)
    }

    @Test(arguments: [
        [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-5"], ["WATCHDOG_USEC": "x"],
        ["WATCHDOG_USEC": "5", "WATCHDOG_PID": "8"],
    ])
    func `there is no watchdog without a time, or for another process`(environment: [String: String]) {
        #expect(ServiceNotification(environment: environment, processID: 7).watchdogNanoseconds == nil)
    }

    @Test(arguments: [[:], ["LISTEN_PID": "8", "LISTEN_FDS": "1"], ["LISTEN_PID": "7", "LISTEN_FDS": "0"]])
    func `sockets for another process are not ours`(environment: [String: String]) throws {
        #expect(try ListeningSocket.inherited(environment: environment, processID: 7) == nil)
    }

    @Test func `a path that no socket can have is refused`() {
        #expect(throws: ListeningSocket.Failure.self) {
            try ListeningSocket.bind("/tmp/" + String(repeating: "x", count: 200))
        }
    }
}
