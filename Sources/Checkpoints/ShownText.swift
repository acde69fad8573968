/// `text` in quotes, cut and with its control characters escaped, for messages.
func shown(_ text: String) -> String { "\"\(printable(text))\"" }

/// `text`, cut and with its control characters escaped, for messages.
func printable(_ text: String) -> String {
    let limit = 120
    let cut = text.unicodeScalars.prefix(limit).reduce(into: "") { result, scalar in
        result +=
            scalar.properties.generalCategory == .control
            ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return text.unicodeScalars.count > limit ? cut + "…" : cut
}
