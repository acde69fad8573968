import DenseKitVision
import Foundation

/// Whether label maps have several classes, and the cause where they have not.
struct LabelFindings {
    /// What makes training hopeless, and metrics of the validation worthless.
    let problems: [String]

    init(_ report: DatasetReport, _ dataset: any Dataset, _ options: DatasetReport.Options) {
        let present = report.pixels.indices.filter { report.pixels[$0] > 0 }
        let names = dataset.classes.names
        if names.count == 1 {
            let problem =
                "\(options.part.nothingAtAll): there is one class, `\(names[0])`. The softmax over a single class is always 1, so the loss is 0 "
                + "and mIoU is 100 whatever a model does; list the background as a class too"
            problems = options.part == .training ? [problem] : []
        } else if present.isEmpty {
            let cause = MaskNumbers(dataset, options).map { ": \($0.description)" } ?? ""
            problems = [
                "\(options.part.nothingAtAll): every pixel of every mask is ignored\(cause)"
            ]
        } else if present.count == 1 {
            let share = report.ignoredShare.map { String(format: "%.2f", 100 * $0) } ?? "0"
            let cause = MaskNumbers(dataset, options).map { ": \($0.description)" } ?? ""
            problems = [
                "\(options.part.nothingAtAll): `\(names[present[0]])` is the only one of \(names.count) classes in the masks, \(share) % of their "
                    + "pixels are ignored\(cause)"
            ]
        } else {
            problems = []
        }
    }
}

/// The numbers that the first masks of a data set store, and what they are taken for.
private struct MaskNumbers: CustomStringConvertible {
    /// As many masks are looked at.
    private static let masks = 16

    private var counts: [UInt16: Int] = [:]
    /// Numbers that mean no class, and the classes of the others.
    private var classes: [UInt16: String?] = [:]
    private var read = 0

    /// Nil where no mask can be read by itself.
    init?(_ dataset: any Dataset, _ options: DatasetReport.Options) {
        for index in 0..<min(dataset.count, options.limit ?? .max, MaskNumbers.masks) {
            guard let path = dataset.maskPath(at: index), let raw = try? LabelFile.read(path),
                let labels = try? dataset.labels(at: index), labels.size == raw.size
            else { continue }
            read += 1
            for (number, label) in zip(raw.labels, labels.labels) {
                counts[number, default: 0] += 1
                classes[number] =
                    label == LabelMap.ignore ? .some(nil) : dataset.classes.names[Int(label)]
            }
        }
        guard read > 0 else { return nil }
    }

    var description: String {
        let total = Double(counts.values.reduce(0, +))
        let common = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8).sorted {
            $0.key < $1.key
        }
        let words = common.map { number, count in
            let meaning = (classes[number] ?? nil).map { "`\($0)`" } ?? "ignored"
            return
                "\(number) (\(meaning), \(String(format: "%.2f", 100 * Double(count) / total)) %)"
        }
        let more =
            counts.count > words.count ? " and \(counts.count - words.count) other numbers" : ""
        return
            "the first \(read == 1 ? "mask stores" : "\(read) masks store") \(words.joined(separator: ", "))\(more). \(remedy)"
    }

    private var remedy: String {
        let ignored = Set(classes.filter { $0.value == nil }.keys)
        if counts.count == 2, Set(counts.keys) == [0, 255], !ignored.isEmpty {
            return
                "0 and 255 are a binary mask, in which \(ignored.sorted()[0]) is a class: read it as a Folder with two classes, "
                + "`map: {0: 0, 255: 1}` and `ignore: []`"
        }
        if ignored.contains(0), counts.count > 1 {
            return
                "This data set takes 0 for no class, as reduce_zero_label does: where it is the background, read the masks as a Folder, in "
                + "which 0 is the first class"
        }
        if !ignored.isEmpty {
            return
                "Where \(ignored.count == 1 ? "this number is a class" : "one of the ignored numbers is a class"), take it out of `ignore`, or "
                + "say in `map` which class it is"
        }
        return "Take masks with two classes at least, or check how they were written"
    }
}
