namespace Mlops.Tuning;

/// <summary>
/// Hyperband: several successive halvings side by side that begin to prune at different steps, because nobody knows beforehand how early reports
/// tell good trials from bad ones. A trial belongs to one bracket, by its number, and is compared within it.
/// </summary>
/// <remarks>
/// Li et al., Hyperband (JMLR 18, 2018), with asynchronous brackets and their shares as in Optuna: of B brackets, bracket b takes ceil(B factor^s / (s + 1)) of the
/// trials, s = B - 1 - b, chosen by the CRC-32 of <c>{study}_{number}</c>. Thread-safe.
/// </remarks>
public sealed class HyperbandPruner : IPruner
{
    /// <inheritdoc/>
    public string Name => "hyperband";

    /// <summary>The first rung's step. 1 or more, default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int MinimumResource
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1;

    /// <summary>
    /// How many steps a whole trial has. 1 or more; null, the default, takes those of the first trial that has completed and judges none before. Where it is less than
    /// <see cref="MinimumResource"/> times <see cref="ReductionFactor"/> there is one bracket.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? MaximumResource
    {
        get;
        init
        {
            if (value is { } resource)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(resource, 1, nameof(value));
            }

            field = value;
        }
    }

    /// <summary>By what factor rungs grow and trials become fewer. 2 or more, default 3.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 2.</exception>
    public int ReductionFactor
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    } = 3;

    /// <summary>How many trials stop at a rung in any case. 0 or more, default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int Bootstrap
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Whether trials pause instead of being pruned; see <see cref="SuccessiveHalvingPruner"/>. Default false.</summary>
    public bool Pauses { get; init; }

    /// <inheritdoc/>
    public PruningVerdict Judge(PruningContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (MaximumResource ?? (context.FirstCompletedStep + 1)) is { } resource
            ? SuccessiveHalvingPruner.Judge(context, RuleOf(context.BracketsOf(MinimumResource, resource, ReductionFactor), context.Trial.Number))
            : PruningVerdict.Continue;
    }

    private HalvingRule RuleOf(Brackets brackets, int number) => new(MinimumResource, ReductionFactor, brackets.Of(number), Bootstrap, Pauses) { Brackets = brackets };
}
