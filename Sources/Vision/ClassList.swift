/// The classes of a data set, in the order of their indices, each with the colour that it is drawn in.
public struct ClassList: Sendable, Equatable {
    public let names: [String]
    public let palette: [Color]

    /// - Parameter palette: one colour a class; left out, well-separated colours are made.
    public init(names: [String], palette: [Color]? = nil) {
        self.names = names
        self.palette = palette ?? names.indices.map(ClassList.color)
        precondition(self.palette.count == names.count, "a palette has one colour for each class")
    }

    public var count: Int { names.count }

    /// The colour of class `index` in the scheme that Pascal VOC made customary: the bits of the index, spread over the channels.
    public static func color(_ index: Int) -> Color {
        var (red, green, blue) = (0, 0, 0)
        var rest = index + 1  // 0 would be black
        for bit in stride(from: 7, through: 0, by: -1) {
            red |= (rest & 1) << bit
            green |= ((rest >> 1) & 1) << bit
            blue |= ((rest >> 2) & 1) << bit
            rest >>= 3
        }
        return Color(UInt8(red), UInt8(green), UInt8(blue))
    }
}
