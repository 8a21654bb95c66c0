using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>What a registration writes.</summary>
internal sealed record NewVersion
{
    public string Model { get; init; } = "";

    public StoredArtifact Artifact { get; init; } = null!;

    public ModelFormat Format { get; init; }

    public OnnxSignature? Signature { get; init; }

    public required string? RunId { get; init; }

    public required string? Source { get; init; }

    public required string? Description { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    public IReadOnlyList<ModelFile> Files { get; init; } = [];

    public required string Actor { get; init; }

    public required string? IdempotencyKey { get; init; }

    public long Time { get; init; }

    /// <summary>What reading it back would give right after it was registered.</summary>
    public ModelVersion ToVersion(int number) => new()
    {
        Model = Model,
        Number = number,
        Hash = Artifact.Hash,
        Length = Artifact.Length,
        Format = Format,
        Signature = Signature,
        RunId = RunId,
        Source = Source,
        Stage = ModelStage.None,
        Description = Description,
        Actor = Actor,
        RegisteredAt = UnixMicroseconds.ToTime(Time),
        ChangedAt = UnixMicroseconds.ToTime(Time),
        Tags = Tags,
        Aliases = [],
    };
}

/// <summary>What the creation of a model writes.</summary>
internal sealed record NewModel(string Name, string? Description, IReadOnlyDictionary<string, string> Tags, string Actor, long Time);

/// <summary>What a change of a model or of one of its versions is to be remembered with.</summary>
internal sealed record Change(string Model, int Number, string Actor, string? Reason, long Time);

/// <summary>What an approval or its withdrawal writes.</summary>
internal sealed record NewApproval(
    string Model, int Number, string? Alias, bool IsApproved, string Actor, string? Reason, string? IdempotencyKey, long Time);

/// <summary>A model's row, locked.</summary>
internal sealed record ModelRow(long Key, string Name, long LastNumber, long RemovedThrough, bool IsDeleted);

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
    /// <summary>The newest approval that a gate saw of the version, 0 for none; null when no gate looked.</summary>
    public long? ApprovalSeen { get; init; }

    public bool IsAccepted => Gates.All(static gate => gate.Passed);

    /// <summary>What reading it back would give.</summary>
    public PromotionDecision ToDecision(DecidedPromotion decided) => new()
    {
        Id = decided.Id,
        Model = Model,
        Candidate = Version,
        Alias = Alias,
        Previous = Current,
        Accepted = IsAccepted,
        AliasSequence = decided.Moved?.Position.Sequence,
        Gates = Gates,
        Evidence = Evidence,
        At = UnixMicroseconds.ToTime(Time),
        Actor = Actor,
        Reason = Reason,
    };
}

/// <summary>What a promotion did.</summary>
/// <param name="Id">The decision's number; of a repeated call, the first one's.</param>
/// <param name="IsNew">Whether this call decided it.</param>
/// <param name="Moved">The change of the alias, where this call made one.</param>
internal sealed record DecidedPromotion(long Id, bool IsNew, MovedAlias? Moved);

/// <summary>What an alias of a model's row points to, and since which of its changes.</summary>
internal readonly record struct AliasState(long Model, int? Number, long Sequence, long Changed)
{
    public AliasPosition Position => Sequence == 0 ? default : new AliasPosition(Model, Sequence);
}

/// <summary>What a change of an alias did.</summary>
/// <param name="Position">Where the alias is since.</param>
/// <param name="Change">The change; of a repeated call, the first one.</param>
/// <param name="IsNew">Whether this call made it.</param>
internal sealed record MovedAlias(AliasPosition Position, AliasChange Change, bool IsNew);
