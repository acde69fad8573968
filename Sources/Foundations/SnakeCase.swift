/// The key of a Swift property in YAML and in checkpoints: `numClasses` → `num_classes`, `useCLIP`
/// → `use_clip`, `RPNHead` → `rpn_head`, `conv2d` → `conv2d`.
///
/// A name in snake_case is not changed.
public func snakeCasedName(_ name: String) -> String {
    let letters = Array(name)
    var result = ""
    for (i, letter) in letters.enumerated() {
        if letter.isUppercase, i > 0, letters[i - 1] != "_" {
            let endsWord = !letters[i - 1].isUppercase
            let startsWordAfterAcronym = i + 1 < letters.count && letters[i + 1].isLowercase
            if endsWord || startsWordAfterAcronym { result += "_" }
        }
        result += letter.lowercased()
    }
    return result
}

/// The usual Swift spelling of a YAML key: `num_classes` → `numClasses`. Not exact for acronyms:
/// `use_clip` → `useClip`.
public func camelCasedName(_ key: String) -> String {
    let words = key.split(separator: "_")
    guard let first = words.first, words.count > 1, !key.hasPrefix("_") else { return key }
    return words.dropFirst().reduce(into: String(first)) {
        $0 += $1.prefix(1).uppercased() + $1.dropFirst()
    }
}
