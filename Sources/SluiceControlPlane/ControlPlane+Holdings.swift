// What is promised, link by link, for those who drive a control plane in process and watch it.

package import SluiceModel

extension ControlPlane {
    /// The greatest of the clients, accounts of users aside, that live flows belong to; 0 where there are none.
    package var greatestClient: ClientID {
        flowsOfClient.keys.filter { $0 < .account(ofUser: 0) }.max() ?? ClientID(0)
    }

    /// Bandwidth that admitted flows hold on `link`.
    package func held(on link: LinkIndex) -> Bandwidth { holdings.ledger.held(on: link) }
}
