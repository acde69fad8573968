import DenseKitCore

/// What the two editions of COCO-Stuff share (Caesar, Uijlings and Ferrari, CVPR 2018): 171
/// classes, 80 of objects and 91 of stuff, whose names and colours are in `benchmark`, on images of
/// COCO.
public enum COCOStuff {
    /// Numbers of COCO's own count from 1 to 182 that no class has.
    private static let missing: Set<Int> = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91]

    /// The numbers of the 171 classes in COCO's own count, in order.
    static let ids = (1...182).filter { !missing.contains($0) }
}
