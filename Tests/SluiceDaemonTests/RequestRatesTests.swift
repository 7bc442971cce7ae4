// The buckets that hold users to the policy's rate, on a clock of the test's own.

import NIOCore
import SluiceDaemon
import Testing

@Suite struct RequestRatesTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test func `one second's requests may come at once, the next has to wait its turn`() throws {
        var rates = RequestRates()
        for _ in 0..<10 { #expect(rates.take(1, of: 7, perSecond: 10, at: start) == nil) }
        let refused = rates.take(1, of: 7, perSecond: 10, at: start)
        let wait = try #require(refused)
        #expect(abs(wait - 0.1) < 1e-9)
        #expect(rates.take(1, of: 7, perSecond: 10, at: start + .milliseconds(99)) != nil)
        #expect(rates.take(1, of: 7, perSecond: 10, at: start + .milliseconds(101)) == nil)
    }

    @Test func `users do not spend each other's tokens`() {
        var rates = RequestRates()
        #expect(rates.take(1, of: 1, perSecond: 1, at: start) == nil)
        #expect(rates.take(1, of: 1, perSecond: 1, at: start) != nil)
        #expect(rates.take(1, of: 2, perSecond: 1, at: start) == nil)
    }

    @Test func `a request that costs more than a second brings needs a full bucket and leaves a debt`() {
        var rates = RequestRates()
        #expect(rates.take(100, of: 1, perSecond: 10, at: start) == nil)
        #expect(rates.take(1, of: 1, perSecond: 10, at: start + .seconds(9)) != nil)
        #expect(rates.take(1, of: 1, perSecond: 10, at: start + .milliseconds(9_101)) == nil)
    }

    @Test func `a rate below one a second lets one through in its time`() {
        var rates = RequestRates()
        #expect(rates.take(1, of: 1, perSecond: 0.5, at: start) == nil)
        #expect(rates.take(1, of: 1, perSecond: 0.5, at: start + .milliseconds(1_900)) != nil)
        #expect(rates.take(1, of: 1, perSecond: 0.5, at: start + .milliseconds(2_001)) == nil)
    }

    @Test func `many users at rest are forgotten, those in debt are not`() {
        var rates = RequestRates()
        #expect(rates.take(50, of: 0, perSecond: 1, at: start) == nil)
        for user in 1..<(UInt32(DaemonLimits.ratedUsers) * 2) {
            #expect(rates.take(1, of: user, perSecond: 1, at: start + .seconds(2)) == nil)
        }
        #expect(rates.take(1, of: 0, perSecond: 1, at: start + .seconds(3)) != nil)
    }
}
