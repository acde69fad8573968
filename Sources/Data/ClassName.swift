import Foundation

/// Cleans and checks the names of classes that users write.
public enum ClassName {
    /// `name` in composed form (NFC), with spaces of every kind as plain ones, none at the ends,
    /// and without invisible characters.
    ///
    /// The joiners that Arabic, Persian and Indian scripts write with stay between letters beyond
    /// ASCII.
    public static func cleaned(_ name: String) -> String {
        let scalars = Array(name.withoutBlankEnds.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar.isBlank {
                result.append(" ")
            } else if !scalar.isInvisible || isJoiner(scalar) && isJoined(scalars, at: index) {
                result.append(scalar)
            }
        }
        return String(result).precomposedStringWithCanonicalMapping
    }

    /// `names`, each as `cleaned` makes it, after checking that they can be classes.
    ///
    /// - Parameters:
    ///   - names: in the order of the classes
    ///   - failure: makes the error to throw from a description of the problem
    /// - Throws: the error of `failure` for too many names, one without a visible character, or one
    ///   that occurs twice.
    public static func checked(_ names: [String], _ failure: (_ problem: String) -> any Error)
        throws -> [String]
    {
        guard names.count <= LabelTable.maximumClasses else {
            throw failure(
                "names \(names.count) classes; at most \(LabelTable.maximumClasses) are possible")
        }
        let names = names.map(cleaned)
        if let empty = names.firstIndex(of: "") {
            throw failure("class \(empty) has an empty name")
        }
        var seen: Set<String> = []
        if let twice = names.first(where: { !seen.insert($0).inserted }) {
            throw failure("names class `\(twice)` twice")
        }
        return names
    }

    private static func isJoiner(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x200C || scalar.value == 0x200D
    }

    private static func isJoined(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        func isLetter(_ index: Int) -> Bool {
            guard scalars.indices.contains(index) else { return false }
            let properties = scalars[index].properties
            return !scalars[index].isASCII
                && (properties.isAlphabetic || properties.isEmoji || properties.isGraphemeExtend)
        }
        return isLetter(index - 1) && isLetter(index + 1)
    }
}
