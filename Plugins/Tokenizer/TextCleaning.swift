/// `text` as CLIP's tokenizer reads it: repaired, HTML references decoded twice, white space
/// collapsed, in lower case.
///
/// - Throws: `TokenizerError.tooManyBytes`, and `.garbled` where the text is broken beyond a sure
///   repair.
func cleaned(_ text: String, byteLimit: Int) throws(TokenizerError) -> String {
    guard text.utf8.count <= byteLimit else {
        throw .tooManyBytes(bytes: text.utf8.count, limit: byteLimit)
    }
    var text = try repaired(text)
    for _ in 0..<2 { text = HTMLEntities.decoded(text, strict: false) }
    return lowercased(collapsingWhitespace(text))
}

/// Runs of white space become one space; none at either end.
func collapsingWhitespace(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var pending = false
    for scalar in text.unicodeScalars {
        if scalar.properties.isWhitespace {
            pending = !result.isEmpty
        } else {
            if pending { result.append(" ") }
            pending = false
            result.append(scalar)
        }
    }
    return String(result)
}

/// Unicode's full lower-casing. Unlike the standard library's it knows that a sigma at the end of a
/// word is `ς`.
func lowercased(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard scalars.contains("Σ") else { return text.lowercased() }
    return scalars.indices.map { i in
        guard scalars[i] == "Σ" else { return scalars[i].properties.lowercaseMapping }
        func isCased(_ neighbour: Unicode.Scalar?) -> Bool {
            neighbour?.properties.isCased ?? false
        }
        let before = scalars[..<i].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(i + 1)...].first { !$0.properties.isCaseIgnorable }
        return isCased(before) && !isCased(after) ? "ς" : "σ"
    }.joined()
}
