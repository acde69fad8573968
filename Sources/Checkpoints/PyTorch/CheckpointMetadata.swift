import Foundation

/// What mmcv and mmengine note beside the weights, as text.
struct CheckpointMetadata {
    /// More classes than that are no list of classes.
    private static let classLimit = 10_000

    private(set) var values: [String: String] = [:]
    private let heap: PickleHeap

    init(_ root: PickleValue, _ heap: PickleHeap) {
        self.heap = heap
        guard let meta = heap.lookup("meta", in: root) else { return }
        let dataset = heap.lookup("dataset_meta", in: meta)
        for (source, names) in [
            (meta, ["CLASSES", "PALETTE"]), (dataset, ["CLASSES", "PALETTE"]),
            (dataset, ["classes", "palette"]),
        ] {
            if let classes = classes(heap.lookup(names[0], in: source)) {
                values["classes"] = classes
            }
            if let palette = palette(heap.lookup(names[1], in: source)) {
                values["palette"] = palette
            }
        }
        for name in [
            "mmseg_version", "mmdet_version", "mmcv_version", "mmengine_version", "iter", "epoch",
            "config",
        ] {
            values[name] = text(heap.lookup(name, in: meta))
        }
        // mmengine's name for it.
        if values["config"] == nil { values["config"] = text(heap.lookup("cfg", in: meta)) }
    }

    private func text(_ value: PickleValue?) -> String? {
        switch value {
        case .string(let text): text
        case .int(let number): "\(number)"
        case .float(let number): "\(number)"
        default: nil
        }
    }

    private func classes(_ value: PickleValue?) -> String? {
        guard let items = value.flatMap(heap.items), items.count <= Self.classLimit else {
            return nil
        }
        let names = items.compactMap(\.string)
        guard names.count == items.count, names.allSatisfy({ $0.utf8.count <= 1000 }) else {
            return nil
        }
        return json(names)
    }

    /// Colors as `[[red, green, blue], …]`.
    private func palette(_ value: PickleValue?) -> String? {
        guard let items = value.flatMap(heap.items), items.count <= Self.classLimit else {
            return nil
        }
        let colors = items.compactMap { item in
            heap.items(item).flatMap { $0.count == 3 ? $0.compactMap(\.int) : nil }
        }
        guard colors.count == items.count,
            colors.allSatisfy({ $0.count == 3 && $0.allSatisfy((0...255).contains) })
        else {
            return nil
        }
        return json(colors)
    }

    private func json(_ value: some Encodable) -> String? {
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }
}
