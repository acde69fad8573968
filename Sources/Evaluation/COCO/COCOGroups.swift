/// The ground-truth objects and the detections of each image and category side by side, by category
/// first; by image alone where categories are mixed.
struct COCOGroups: Sendable {
    /// What belongs to one image and category: ranges of `groundTruth` and `detections`.
    struct Group: Sendable {
        let key: Int
        let groundTruth: Range<Int>
        let detections: Range<Int>
    }

    /// The positions of images and categories in the order of their ids.
    struct Places: Sendable {
        private let images: [Int: Int]
        private let categories: [Int: Int]
        let mixesCategories: Bool
        let imageCount: Int

        init(images: [Int], categories: [Int], mixesCategories: Bool) {
            self.images = Dictionary(uniqueKeysWithValues: zip(images, images.indices))
            self.categories = Dictionary(uniqueKeysWithValues: zip(categories, categories.indices))
            self.mixesCategories = mixesCategories
            imageCount = images.count
        }

        /// What objects are grouped by: the place of image and category in one number; nil for
        /// those that are not evaluated.
        func key(image: Int, category: Int) -> Int? {
            guard let image = images[image] else { return nil }
            return mixesCategories ? image : categories[category].map { $0 * imageCount + image }
        }

        /// The group of each entry that takes part, with its place in the list. Mixed categories
        /// keep their order within a group.
        func keys(_ entries: some Sequence<(image: Int, category: Int)>) -> [Entry] {
            var result: [Entry] = []
            result.reserveCapacity(entries.underestimatedCount)
            for (index, entry) in entries.enumerated() {
                guard let category = categories[entry.category],
                    let key = key(image: entry.image, category: entry.category)
                else { continue }
                result.append(
                    Entry(key: key, category: mixesCategories ? category : 0, index: Int32(index)))
            }
            return result
        }

        /// The category of a group; 0 where they are mixed.
        func category(ofKey key: Int) -> Int {
            mixesCategories || imageCount == 0 ? 0 : key / imageCount
        }
    }

    /// One ground-truth object or detection that takes part.
    struct Entry {
        let key: Int
        let category: Int
        let index: Int32
    }

    /// Places in the lists that were given, group after group, in their order within a group.
    let groundTruth: [Int32]
    let detections: [Int32]
    let groups: [Group]
    /// For each category its range of `groups`.
    let byCategory: [Int: Range<Int>]
    var mixesCategories: Bool { places.mixesCategories }
    private let places: Places

    init(groundTruth: [Entry], detections: [Entry], _ places: Places) {
        self.places = places
        let groundTruth = Self.sorted(groundTruth)
        let detections = Self.sorted(detections)
        self.groundTruth = groundTruth.map(\.index)
        self.detections = detections.map(\.index)
        var groups: [Group] = []
        var byCategory: [Int: Range<Int>] = [:]
        var t = 0
        var d = 0
        while t < groundTruth.count || d < detections.count {
            let key = min(
                t < groundTruth.count ? groundTruth[t].key : .max,
                d < detections.count ? detections[d].key : .max)
            let firstGroundTruth = t
            let firstDetection = d
            while t < groundTruth.count, groundTruth[t].key == key { t += 1 }
            while d < detections.count, detections[d].key == key { d += 1 }
            let category = places.category(ofKey: key)
            byCategory[category] =
                (byCategory[category]?.lowerBound ?? groups.count)..<(groups.count + 1)
            groups.append(
                Group(key: key, groundTruth: firstGroundTruth..<t, detections: firstDetection..<d))
        }
        self.groups = groups
        self.byCategory = byCategory
    }

    /// By group, then by category, then as they were given.
    private static func sorted(_ entries: [Entry]) -> [Entry] {
        entries.sorted { ($0.key, $0.category, $0.index) < ($1.key, $1.category, $1.index) }
    }

    /// The group of one image and category.
    func group(image: Int, category: Int) -> Group? {
        guard let key = places.key(image: image, category: category) else { return nil }
        var low = 0
        var high = groups.count
        while low < high {
            let middle = (low + high) / 2
            if groups[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < groups.count && groups[low].key == key ? groups[low] : nil
    }
}
