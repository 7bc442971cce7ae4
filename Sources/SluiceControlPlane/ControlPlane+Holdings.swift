// What is promised, link by link, for those who drive a control plane in process and watch it.

package import SluiceModel

extension ControlPlane {
    /// Bandwidth that admitted flows hold on `link`.
    package func held(on link: LinkIndex) -> Bandwidth { holdings.ledger.held(on: link) }
}
