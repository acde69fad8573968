/// The one of `words` that `word` was probably meant to be: with the fewest wrong, missing, added
/// or swapped letters, ignoring case. One such mistake is allowed for every three letters; nil
/// where no word is that near, or where `word` is longer than 128 bytes.
public func nearestSpelling(to word: String, among words: some Sequence<String>) -> String? {
    guard word.utf8.count <= 128 else { return nil }
    let given = Array(word.lowercased().unicodeScalars)
    var nearest: (word: String, distance: Int)?
    for candidate in words where candidate != word {
        let letters = Array(candidate.lowercased().unicodeScalars)
        let allowed = max(given.count, letters.count) / 3
        guard
            abs(given.count - letters.count)
                <= min(allowed, nearest.map { $0.distance - 1 } ?? allowed)
        else { continue }
        let distance = editDistance(given, letters)
        if distance <= allowed, distance < nearest?.distance ?? .max {
            nearest = (candidate, distance)
        }
    }
    return nearest?.word
}

/// `did you mean 'channels'?`, or nil when no word is near.
func didYouMean(_ word: String, among words: some Sequence<String>) -> String? {
    nearestSpelling(to: word, among: words).map { "did you mean '\($0.shortened)'?" }
}

/// The number of insertions, deletions, substitutions and swaps of neighbours that lead from `a` to
/// `b` (the optimal string alignment distance).
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
        var current = [i + 1]
        current.reserveCapacity(b.count + 1)
        for j in b.indices {
            var best = min(
                previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                best = min(best, beforePrevious[j - 1] + 1)
            }
            current.append(best)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[b.count]
}
