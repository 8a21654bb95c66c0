namespace Mlops.Tuning;

/// <summary>
/// Tries every combination of a declared space, branches included, each once per <see cref="Count"/> trials: trial n takes combination n, in an order that the
/// study's seed shuffles. Parameters outside the space are sampled at random. Results do not depend on parallelism or resumption.
/// </summary>
public sealed class GridSampler : ISampler
{
    /// <summary>The most combinations of a grid.</summary>
    public const int MaximumCombinations = 100_000;

    private readonly Dictionary<string, double>[] _combinations;

    /// <summary>A grid over a space.</summary>
    /// <param name="space">The parameters and their branches.</param>
    /// <param name="points">How many values a real parameter without a step takes, evenly spread over its scale, both ends included; 1 takes the middle.</param>
    /// <exception cref="ArgumentException">The space is empty, or has more than <see cref="MaximumCombinations"/> combinations.</exception>
    public GridSampler(SearchSpace space, int points = 5)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        _combinations = [.. Enumerate(space, points).Take(MaximumCombinations + 1)];
        if (_combinations.Length > MaximumCombinations)
        {
            throw new ArgumentException($"The grid has more than {MaximumCombinations} combinations; take fewer points or a sampler that does not try them all.", nameof(space));
        }

        if (_combinations[0].Count == 0)
        {
            throw new ArgumentException("The space has no parameters.", nameof(space));
        }
    }

    /// <inheritdoc/>
    public string Name => "grid";

    /// <summary>How many combinations there are: the number of trials that tries each once.</summary>
    public int Count => _combinations.Length;

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        int[] order = [.. Enumerable.Range(0, Count)];
        var random = new RandomStream(space.Seed, 0, "grid");
        for (int i = Count - 1; i > 0; i--)
        {
            int other = (int)random.NextBelow(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return new Walk(_combinations, order);
    }

    /// <summary>An odometer whose digits are found while the space is walked: a digit's turn may open and close branches behind it.</summary>
    private static IEnumerable<Dictionary<string, double>> Enumerate(SearchSpace space, int points)
    {
        List<(long Digit, long Radix)> digits = [];
        do
        {
            Dictionary<string, double> combination = new(StringComparer.Ordinal);
            int place = 0;
            space.Walk((name, domain) =>
            {
                if (place == digits.Count)
                {
                    digits.Add((0, domain.IsSingle ? 1 : domain.Count ?? points));
                }

                double value = Value(domain, digits[place++].Digit, points);
                combination[name] = value;
                return value;
            });
            yield return combination;
            while (digits.Count > 0 && digits[^1].Digit + 1 == digits[^1].Radix)
            {
                digits.RemoveAt(digits.Count - 1);
            }

            if (digits.Count > 0)
            {
                digits[^1] = (digits[^1].Digit + 1, digits[^1].Radix);
            }
        }
        while (digits.Count > 0);
    }

    private static double Value(ParameterDomain domain, long index, int points)
    {
        if (domain.Step is not null || domain.IsSingle)
        {
            return domain.Step is null ? domain.Low : domain.Point(index);
        }

        double place = points == 1 ? 0.5 : index / (points - 1.0);
        return domain.Nearest(domain.Log ? domain.Low * Math.Pow(domain.High / domain.Low, place) : domain.Low + (place * (domain.High - domain.Low)));
    }

    private sealed class Walk(Dictionary<string, double>[] combinations, int[] order) : StudySampler
    {
        public override bool ReadsHistory => false;

        public override double Sample(SamplingContext context, string parameter, ParameterDomain domain)
        {
            ArgumentNullException.ThrowIfNull(context);
            return combinations[order[context.Number % order.Length]].TryGetValue(parameter, out double value)
                ? value
                : RandomSampler.Draw(context.Random(parameter), domain);
        }
    }
}
