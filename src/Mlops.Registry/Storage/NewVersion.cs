using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>What a registration writes.</summary>
internal sealed record NewVersion(
    string Model,
    StoredArtifact Artifact,
    ModelFormat Format,
    OnnxSignature? Signature,
    string? RunId,
    string? Description,
    IReadOnlyDictionary<string, string> Tags,
    string Actor,
    string? IdempotencyKey,
    long Time);

/// <summary>What a change of an alias writes, and on what condition.</summary>
internal sealed record AliasMove(
    string Model,
    string Alias,
    Expected Expected,
    string Actor,
    string? Reason,
    string? IdempotencyKey,
    long Time)
{
    public AliasTarget Target { get; init; }

    /// <summary>The new version when <see cref="Target"/> is a number.</summary>
    public int? Number { get; init; }

    public long? Decision { get; init; }
}

internal enum AliasTarget
{
    Version,
    Nothing,
    EarlierVersion,
}

/// <summary>What a promotion writes.</summary>
internal sealed record NewDecision(
    string Model,
    int Version,
    string Alias,
    int? Current,
    IReadOnlyList<GateOutcome> Gates,
    IReadOnlyDictionary<string, double> Evidence,
    string Actor,
    string? Reason,
    string? IdempotencyKey,
    long Time)
{
    public bool IsAccepted => Gates.All(static gate => gate.Passed);
}

/// <summary>What an alias points to, and since which of its changes.</summary>
internal readonly record struct AliasState(int? Number, long Sequence, long Changed);
