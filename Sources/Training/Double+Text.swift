import Foundation

extension Double {
    /// The number with `decimals` decimals; `nan` for NaN of either sign.
    public func text(decimals: Int = 4) -> String {
        isNaN ? "nan" : String(format: "%.\(decimals)f", self)
    }
}
