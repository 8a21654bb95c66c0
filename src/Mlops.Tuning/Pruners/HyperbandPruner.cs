using System.Globalization;
using System.Text;

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
    /// How many steps a whole trial has. 1 or more; null, the default, takes those of the first trial that has completed and judges none before.
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
        int? maximum = MaximumResource ?? (SuccessiveHalvingPruner.FirstCompleted(context) + 1);
        if (maximum is not { } resource)
        {
            return PruningVerdict.Continue;
        }

        long[] shares = Shares(resource);
        int bracket = BracketOf(context.Space.Study, context.Trial.Number, shares);
        var halving = new SuccessiveHalvingPruner { ReductionFactor = ReductionFactor, Bootstrap = Bootstrap, Pauses = Pauses };
        return halving.Judge(context, MinimumResource, bracket, context.Trials.Where(trial => BracketOf(context.Space.Study, trial.Number, shares) == bracket));
    }

    /// <summary>The weights of the brackets, the one that prunes earliest first.</summary>
    internal long[] Shares(int maximum)
    {
        int brackets = 1;
        for (double rung = (double)MinimumResource * ReductionFactor; rung <= maximum; rung *= ReductionFactor)
        {
            brackets++;
        }

        return [.. Enumerable.Range(0, brackets).Select(bracket => (long)Math.Ceiling(brackets * Math.Pow(ReductionFactor, brackets - 1 - bracket) / (brackets - bracket)))];
    }

    internal static int BracketOf(string study, int number, long[] shares)
    {
        long place = Crc32(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{study}_{number}"))) % shares.Sum();
        int bracket = 0;
        while ((place -= shares[bracket]) >= 0)
        {
            bracket++;
        }

        return bracket;
    }

    private static uint Crc32(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
            }
        }

        return ~crc;
    }
}
