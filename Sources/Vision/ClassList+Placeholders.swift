extension ClassList {
    /// `count` classes with made-up names `aa`, `ab`, …, for use where only the number of classes
    /// is known. The names are short, so that they fit every tokenizer's length.
    public static func placeholders(_ count: Int) -> ClassList {
        func letter(_ place: Int) -> Character { Character(UnicodeScalar(UInt8(97 + place % 26))) }
        return ClassList(
            names: (0..<count).map { index in
                String(
                    index < 676
                        ? [letter(index / 26), letter(index)]
                        : [letter(index / 676 - 1), letter(index / 26), letter(index)])
            })
    }
}
