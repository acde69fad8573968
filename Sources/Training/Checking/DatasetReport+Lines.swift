import DenseKitData
import DenseKitVision
import Foundation

extension DatasetReport {
    /// What `check` prints of a data set: its images and classes, how often each class occurs, and
    /// what is not plain.
    ///
    /// - Parameter isWhole: whether every sample was looked at
    func lines(_ part: String, _ dataset: any Dataset, isWhole: Bool) -> [String] {
        var lines = ["\(part): \(dataset.count) images, \(dataset.classes.count) classes"]
        for (name, (instanceCounts, images)) in zip(
            dataset.classes.names, zip(instanceCounts, occurrences))
        {
            lines.append(
                "  \(String(format: "%8d", instanceCounts)) instances  in \(images) images  \(name)"
            )
        }
        if crowds > 0 {
            lines.append(
                "  \(String(format: "%8d", crowds)) regions that are ignored: crowds, and instances without a mask that can be used"
            )
        }
        let total = max(1, pixels.reduce(0, +))
        for (index, pixels) in pixels.enumerated()
        where instanceCounts.isEmpty && dataset.classes.count <= 30 {
            let share = String(format: "%6.2f %%", 100 * Double(pixels) / Double(total))
            lines.append(
                "  \(share)  in \(occurrences[index]) images  \(dataset.classes.names[index])")
        }
        if let ignoredShare, ignored > 0 {
            lines.append(
                "  \(String(format: "%6.2f %%", 100 * ignoredShare))  of all pixels are ignored")
        }
        let absent = absentClasses(dataset.classes)
        if !absent.isEmpty, isWhole {
            lines.append("  in no image: \(absent.joined(separator: ", "))")
        }
        for (trait, name) in ImageTraits.names {
            if let count = traits[trait] { lines.append("  \(name): \(count) images") }
        }
        return lines
    }
}
