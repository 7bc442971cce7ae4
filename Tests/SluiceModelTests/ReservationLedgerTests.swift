import SluiceModel
import Testing

@Suite struct ReservationLedgerTests {
    @Test func `what is held is no longer residual, and comes back`() throws {
        let topology = try triangle()
        let links = topology.links(named: "bc>") + topology.links(named: "ca")
        var ledger = ReservationLedger(topology: topology)
        let empty = ledger
        #expect(ledger.fits(.megabits(500), on: links))
        #expect(!ledger.fits(.megabits(501), on: links), "ca lets only half of its capacity be reserved")
        ledger.hold(.megabits(400), on: links)
        #expect(ledger.residual(on: links[0]) == .megabits(600))
        #expect(ledger.residual(on: links[1]) == .megabits(100))
        #expect(ledger.held(on: links[1]) == .megabits(400))
        ledger.release(.megabits(400), on: links)
        #expect(ledger == empty)
    }

    @Test func `overbooking a link stops the process`() async {
        await #expect(processExitsWith: .failure) {
            let topology = try triangle()
            var ledger = ReservationLedger(topology: topology)
            ledger.hold(.megabits(501), on: topology.links(named: "ca"))
        }
    }

    @Test func `releasing more than is held stops the process`() async {
        await #expect(processExitsWith: .failure) {
            let topology = try triangle()
            var ledger = ReservationLedger(topology: topology)
            ledger.release(.megabits(1), on: topology.links(named: "ca"))
        }
    }
}
