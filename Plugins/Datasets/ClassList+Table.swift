import DenseKitCore

extension ClassList {
    /// - Parameters:
    ///   - names: separated by commas, on as many lines as it takes
    ///   - colors: red, green and blue of each class as one hexadecimal number, separated by blanks
    init(names: String, colors: String) {
        self.init(
            names: names.split(separator: ",").map {
                $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            },
            palette: colors.split(whereSeparator: \.isWhitespace).map { digits in
                let rgb = UInt32(digits, radix: 16) ?? 0
                return RGBColor(UInt8(rgb >> 16), UInt8(rgb >> 8 & 255), UInt8(rgb & 255))
            })
    }

    /// The same classes in the same colours under the names of a setting, as `tv monitor` for
    /// `tvmonitor`.
    ///
    /// - Throws: `SettingError` unless there is one name for each class.
    func renamed(_ setting: ClassesSetting?, _ component: String) throws -> ClassList {
        guard let names = try setting?.resolved(component) else { return self }
        guard names.count == count else {
            throw SettingError(
                component, "classes",
                "expected \(count) names, one for each class, found \(names.count)")
        }
        return ClassList(names: names, palette: palette)
    }
}
