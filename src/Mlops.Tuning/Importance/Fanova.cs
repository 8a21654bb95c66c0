namespace Mlops.Tuning;

/// <summary>Importance as the share of the variance that a parameter explains by itself, tree by tree of a forest.</summary>
internal sealed class Fanova
{
    // More trials make trees larger than the picture needs.
    private const int LargestDraw = 2_000;

    private readonly CompletedTrials _trials;
    private readonly int[] _parameters;
    private readonly double[][] _columns;
    private readonly int[] _choices;

    public Fanova(CompletedTrials trials)
    {
        _trials = trials;
        _parameters = [.. Enumerable.Range(0, trials.Names.Length).Where(i => trials.Having(i) == trials.Count && !trials.Domains[i].IsSingle)];
        _columns = Array.ConvertAll(_parameters, Places);
        _choices = Array.ConvertAll(_parameters, i => trials.Domains[i].IsChoice ? trials.Domains[i].Choices.Count : 0);
    }

    /// <summary>The share of every parameter in every tree whose values vary, 0 for parameters that some trial lacks; by parameter, then by tree.</summary>
    public double[][] Shares(Func<int, RandomStream> random, int trees)
    {
        double[][] shares = Array.ConvertAll(_trials.Names, static _ => Array.Empty<double>());
        List<double[]> grown = [];
        for (int tree = 0; tree < trees; tree++)
        {
            int[] drawn = Resampling.Draw(random(tree), _trials.Count, Math.Min(_trials.Count, LargestDraw));
            var variances = new VarianceTree(_columns, _choices, _trials.Values, drawn);
            double total = variances.Variance();
            if (total > 0)
            {
                grown.Add([.. _parameters.Select((_, dimension) => Math.Min(1, variances.MarginalVariance(dimension) / total))]);
            }
        }

        for (int dimension = 0; dimension < _parameters.Length; dimension++)
        {
            shares[_parameters[dimension]] = [.. grown.Select(tree => tree[dimension])];
        }

        return shares;
    }

    private double[] Places(int parameter)
    {
        ParameterDomain domain = _trials.Domains[parameter];
        if (domain.IsChoice)
        {
            return _trials.Columns[parameter];
        }

        var axis = new UnitAxis(domain);
        return Array.ConvertAll(_trials.Columns[parameter], axis.ToUnit);
    }
}
