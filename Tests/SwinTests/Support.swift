import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitSwin

/// A backbone from its line of YAML.
func build(_ yaml: String) throws -> any Backbone {
    try makeBackbone(yaml, SwinPlugin())
}

/// A Swin of few channels, with shifted blocks at two stages.
func small() throws -> Swin {
    let yaml =
        "{type: Swin, embed_dims: 8, depths: [1, 2, 2, 1], num_heads: [1, 2, 2, 4], window_size: 4, drop_path_rate: 0}"
    return try #require(try build(yaml) as? Swin)
}

func images(_ height: Int, _ width: Int, count: Int = 1) throws -> Tensor {
    try Tensor.randomNormal([count, 3, height, width], generator: RandomGenerator(seed: 1))
}

func tensor(_ values: [Float], _ shape: [Int]) throws -> Tensor {
    try Tensor.from(values, shape: shape)
}

/// The largest distance between elements of two tensors of one shape.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    #expect(a.shape == b.shape)
    return try (a - b).abs().amax().item()
}
