import Foundation

extension Double {
    /// As text with so many decimals; `nan` for what is no number, whichever sign its bits have.
    public func text(decimals: Int = 4) -> String { isNaN ? "nan" : String(format: "%.\(decimals)f", self) }
}
