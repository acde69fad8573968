import DenseKitCore
import Foundation

/// A: what the edges between classes start with. (section 3.2)
struct StartingEdges {
    let classes: Int
    private let matrix: [Float]?  // [K · K]; nil for none

    /// Counts are read or made only where training begins: elsewhere weights are loaded.
    ///
    /// - Throws: `SettingError` for a file that does not fit, and what counting throws.
    init(_ setting: LocatedValue<String>, _ context: BuildContext) throws {
        classes = context.classCount
        guard let count = context.coOccurrence, setting.value != "none", Device.standard != .meta
        else {
            matrix = nil
            return
        }
        guard setting.value != "auto" else {
            matrix = try count().normalized()
            return
        }
        let path = setting.resolved
        let counts: CoOccurrence
        do {
            counts = try JSONDecoder().decode(
                CoOccurrence.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw SettingError(
                key: "co_occurrence",
                "co_occurrence: \(path) cannot be read as counts of classes (write them with \(Term.coOccurrence), "
                    + "or use auto or none): \(error.localizedDescription)")
        }
        if let problem = counts.problem(for: context.classNames) {
            throw SettingError(
                key: "co_occurrence",
                "co_occurrence: \(path) \(problem): count this data set, or use auto or none")
        }
        matrix = counts.normalized()
    }

    /// Into a weight `[K, K, 1]`; without counts, each class is connected only to itself.
    func write(into weight: Tensor) throws {
        guard weight.device != .meta else { return }
        let identity = {
            (0..<classes * classes).map { $0.isMultiple(of: classes + 1) ? Float(1) : 0 }
        }
        let values = try Tensor.from(matrix ?? identity(), shape: [classes, classes, 1])
        try withoutGrad { _ = try weight.copyInPlace(values) }
    }
}
