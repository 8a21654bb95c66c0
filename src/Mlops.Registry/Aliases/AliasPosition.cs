namespace Mlops.Registry;

/// <summary>
/// Where an alias is: at a change of its history, which belongs to the model's key. A name may pass from one model to another, and the
/// changes of both are numbered from 1. The default: never set, or no such model.
/// </summary>
/// <param name="Model">The model's key.</param>
/// <param name="Sequence">The number of the change.</param>
internal readonly record struct AliasPosition(long Model, long Sequence)
{
    /// <summary>Whether somebody who saw that one has news in this one. What comes late from the same history is none.</summary>
    public bool IsNewsAfter(AliasPosition seen) => Model == seen.Model ? Sequence > seen.Sequence : this != seen;
}
