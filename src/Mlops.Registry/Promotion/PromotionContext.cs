namespace Mlops.Registry;

/// <summary>What a gate decides on.</summary>
public sealed class PromotionContext
{
    internal PromotionContext(
        ModelRegistry registry, ModelVersion candidate, ModelVersion? current, string alias, IReadOnlyDictionary<string, double> evidence)
    {
        Registry = registry;
        Candidate = candidate;
        Current = current;
        Alias = alias;
        Evidence = evidence;
    }

    /// <summary>The registry, for gates that read the models' bytes.</summary>
    public ModelRegistry Registry { get; }

    /// <summary>The version that wants the alias.</summary>
    public ModelVersion Candidate { get; }

    /// <summary>The version that has it, or null.</summary>
    public ModelVersion? Current { get; }

    /// <summary>The alias.</summary>
    public string Alias { get; }

    /// <summary>The newest approval of the candidate that a gate has seen; the decision is not stored when there is a newer one by then.</summary>
    internal long? ApprovalSeen { get; set; }

    /// <summary>The numbers that the caller brought, for example the candidate's metrics.</summary>
    public IReadOnlyDictionary<string, double> Evidence { get; }
}
