/// The classes of a data set, in the order of their indices, each with the colour in which it is
/// drawn.
public struct ClassList: Sendable, Equatable {
    /// The name of each class.
    public let names: [String]
    /// The colour of each class.
    public let palette: [RGBColor]

    /// - Parameters:
    ///   - names: the name of each class, in the order of their indices
    ///   - palette: one colour per class; nil: well-separated colours are made with `color(_:)`
    public init(names: [String], palette: [RGBColor]? = nil) {
        self.names = names
        self.palette = palette ?? names.indices.map(ClassList.color)
        precondition(self.palette.count == names.count, "a palette has one colour for each class")
    }

    /// The number of classes.
    public var count: Int { names.count }

    /// The default colour of class `index`: hues a golden angle apart, alternately light and dark,
    /// so that neighbours in the list differ clearly.
    public static func color(_ index: Int) -> RGBColor {
        let hue = (Double(index) * 0.618034).truncatingRemainder(dividingBy: 1) * 6
        let value = [1.0, 0.75, 0.9, 0.6][index / 2 % 4]
        let saturation = [0.75, 0.95, 0.55][index / 3 % 3]
        /// Full at the channel's own hue, falling to both sides.
        func level(_ channel: Double) -> UInt8 {
            let distance = min(abs(hue - channel), 6 - abs(hue - channel))
            let share = min(max(2 - distance, 0), 1)
            return UInt8(255 * value * (1 - saturation * (1 - share)))
        }
        return RGBColor(level(0), level(2), level(4))
    }
}
