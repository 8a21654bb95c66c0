using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>What the inference protocols take in, and who may use them. Section <c>Mlops:Inference</c>, checked at start.</summary>
public sealed class InferenceOptions
{
    /// <summary>
    /// The longest request, in bytes, also after it was decompressed; 64 MiB by default, 1,024 bytes to 1 GiB. Holds for every protocol.
    /// </summary>
    [Range(1_024, 1 << 30)]
    public int MaximumRequestBytes { get; set; } = 64 << 20;

    /// <summary>Most dimensions of a tensor; 16 by default, 1 to 64.</summary>
    [Range(1, 64)]
    public int MaximumRank { get; set; } = 16;

    /// <summary>Most elements of a tensor; 16,777,216 by default, 1 to 1 Gi. In JSON an element takes up to four times the memory of its text.</summary>
    [Range(1, 1 << 30)]
    public int MaximumElements { get; set; } = 1 << 24;

    /// <summary>Most tensors of a request; 256 by default, 1 to 4,096.</summary>
    [Range(1, 4_096)]
    public int MaximumTensors { get; set; } = 256;

    /// <summary>How deep arrays and objects of a JSON body may lie in each other; 32 by default, 8 to 256.</summary>
    [Range(8, 256)]
    public int MaximumJsonDepth { get; set; } = 32;

    /// <summary>
    /// The shortest REST answer, in bytes, that is compressed for a client that accepts it; 256 by default, 0 to 1 GiB. Most HTTP clients of
    /// Python accept it unasked, and compressing takes more time than a small model.
    /// </summary>
    [Range(0, 1 << 30)]
    public int MinimumCompressedBytes { get; set; } = 256;

    /// <summary>
    /// The authorization policy of calls that infer; <c>null</c> (the default): unless the endpoints were given one otherwise, only requests from
    /// this machine are answered.
    /// </summary>
    public string? InferPolicy { get; set; }

    /// <summary>The same for what only reads: health, metadata, statistics, the repository's index.</summary>
    public string? ReadPolicy { get; set; }

    /// <summary>The same for outcomes of predictions, which decide over rollouts.</summary>
    public string? OutcomePolicy { get; set; }

    /// <summary>
    /// The authorization policy of what loads and unloads models; <c>null</c> (the default): unless the endpoints were given one otherwise, it is
    /// refused to everybody.
    /// </summary>
    public string? ManagePolicy { get; set; }

    /// <summary>
    /// The authorization policy of reading the prediction log, which holds personal data where features or outcomes are; <c>null</c> (the default): it is
    /// refused to everybody, whatever policy the endpoints were given otherwise.
    /// </summary>
    public string? LogPolicy { get; set; }
}

[OptionsValidator]
internal sealed partial class InferenceOptionsValidator : IValidateOptions<InferenceOptions>;
