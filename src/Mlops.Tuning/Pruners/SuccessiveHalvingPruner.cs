namespace Mlops.Tuning;

/// <summary>
/// Asynchronous successive halving (ASHA): at steps that grow by a factor, the rungs, a trial goes on only if it is among the best of all that
/// have come as far. Nobody waits for others. A NaN at a rung is pruned.
/// </summary>
/// <remarks>
/// Li et al., A system for massively parallel hyperparameter tuning (arXiv 1810.05934). Rung r lies at the step minimum * factor^(offset + r); what counts is the
/// first report at it or later. Of n trials the best max(1, n / factor) go on, as in Optuna, where the others are pruned. With
/// <see cref="Pauses"/> the others pause instead, and go on from their checkpoint (<see cref="Trial.SaveCheckpointAsync"/>) when enough worse ones have
/// come as far, as in the paper. Thread-safe.
/// </remarks>
public sealed class SuccessiveHalvingPruner : IPruner
{
    // What an automatic minimum is of the longest trial.
    private const int AutomaticShare = 100;

    /// <inheritdoc/>
    public string Name => "successive-halving";

    /// <summary>
    /// The first rung's step with an offset of 0. 1 or more; null, the default, takes a hundredth of the steps of the first trial that has completed, and
    /// judges none before.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? MinimumResource
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

    /// <summary>By what factor rungs grow and trials become fewer. 2 or more, default 4.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 2.</exception>
    public int ReductionFactor
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    } = 4;

    /// <summary>How many rungs are left out at the beginning. 0 to 30, default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public int Offset
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 30);
            field = value;
        }
    }

    /// <summary>How many trials stop at a rung in any case, before any may pass it. 0 or more, default 0.</summary>
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

    /// <summary>Whether trials pause instead of being pruned, so that they may go on later. Default false.</summary>
    public bool Pauses { get; init; }

    /// <inheritdoc/>
    public PruningVerdict Judge(PruningContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int? minimum = MinimumResource ?? (context.FirstCompletedStep is { } steps ? Math.Max(1, steps / AutomaticShare) : null);
        return minimum is { } resource ? Judge(context, new HalvingRule(resource, ReductionFactor, Offset, Bootstrap, Pauses)) : PruningVerdict.Continue;
    }

    /// <summary>Judges at every rung that was reached since the last judgement; of a trial that has paused at those at which it paused.</summary>
    internal static PruningVerdict Judge(PruningContext context, in HalvingRule rule)
    {
        PruningVerdict stop = rule.Pauses ? PruningVerdict.Pause : PruningVerdict.Prune;
        double sign = context.Maximizes ? -1 : 1;
        for (double rung = rule.Minimum * Math.Pow(rule.Factor, rule.Offset); rung <= context.Last.Step; rung *= rule.Factor)
        {
            TrialReport reached = context.Trial.FirstFrom((int)rung)!.Value;
            if (reached.Step <= context.JudgedStep)
            {
                continue;
            }

            if (double.IsNaN(reached.Value))
            {
                return PruningVerdict.Prune;
            }

            RankedValues values = context.AtRung((int)rung, rule.Brackets);
            if (values.Count <= rule.Bootstrap || sign * reached.Value > values[Math.Max(0, (values.Count / rule.Factor) - 1)])
            {
                return stop;
            }
        }

        return PruningVerdict.Continue;
    }
}
