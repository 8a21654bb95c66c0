using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.GraphQL;

/// <summary>What one GraphQL request may cost. Section <c>Mlops:Inference:GraphQL</c>, checked at start.</summary>
public sealed class GraphQLInferenceOptions
{
    /// <summary>
    /// The longest request, in bytes; 1 MiB by default, 1,024 bytes to 64 MiB. An element of a tensor takes up to thirty times the memory of its
    /// text here: long tensors belong to the other protocols.
    /// </summary>
    [Range(1_024, 64 << 20)]
    public int MaximumRequestBytes { get; set; } = 1 << 20;

    /// <summary>How deep fields may lie in each other; 15 by default, which a client's own look at the schema needs; 2 to 64.</summary>
    [Range(2, 64)]
    public int MaximumDepth { get; set; } = 15;

    /// <summary>
    /// The largest sum over all fields of a request, where a field counts once and what lies in a list twenty times; 500,000 by default, 1 to 10
    /// million.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaximumComplexity { get; set; } = 500_000;

    /// <summary>Most calls of <c>infer</c> in one request, by aliases; 8 by default, 1 to 256.</summary>
    [Range(1, 256)]
    public int MaximumInferences { get; set; } = 8;
}

[OptionsValidator]
internal sealed partial class GraphQLInferenceOptionsValidator : IValidateOptions<GraphQLInferenceOptions>;
