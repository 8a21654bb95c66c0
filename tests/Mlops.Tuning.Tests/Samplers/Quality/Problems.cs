namespace Mlops.Tuning.Tests;

/// <summary>The problems of the reference results, all to be minimised.</summary>
internal static class Problems
{
    private static readonly double[][] HartmannA = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];

    private static readonly double[][] HartmannP =
    [
        [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381],
    ];

    private static readonly double[] HartmannC = [1.0, 1.2, 3.0, 3.2];

    public static Dictionary<string, Func<SamplerHarness, double>> All { get; } = new()
    {
        ["sphere5"] = On(5, -5, 5, Sphere),
        ["sphere10"] = On(10, -5, 5, Sphere),
        ["rosenbrock5"] = On(5, -5, 10, Rosenbrock),
        ["rosenbrock10"] = On(10, -5, 10, Rosenbrock),
        ["rastrigin5"] = On(5, -5.12, 5.12, Rastrigin),
        ["rastrigin10"] = On(10, -5.12, 5.12, Rastrigin),
        ["ackley5"] = On(5, -32.768, 32.768, Ackley),
        ["ackley10"] = On(10, -32.768, 32.768, Ackley),
        ["hartmann6"] = On(6, 0, 1, Hartmann),
        ["branin"] = static h => Branin(h.Suggest("x0", ParameterDomain.Real(-5, 10)), h.Suggest("x1", ParameterDomain.Real(0, 15))),
        ["mixed"] = Mixed,
        ["conditional"] = Conditional,
    };

    /// <summary>A problem by name, one of <see cref="HeldOutProblems"/> as well; <c>table_x</c> is <c>tables/x.json</c> in the folder.</summary>
    public static Func<SamplerHarness, double> Find(string name, string folder) =>
        All.TryGetValue(name, out Func<SamplerHarness, double>? problem) || HeldOutProblems.All.TryGetValue(name, out problem)
        ? problem
        : TableProblem.Read(Path.Combine(folder, "tables", $"{name["table_".Length..]}.json")).Evaluate;

    /// <summary>A function of so many real numbers, all with the same bounds.</summary>
    public static Func<SamplerHarness, double> On(int dimensions, double low, double high, Func<double[], double> function)
    {
        ParameterDomain domain = ParameterDomain.Real(low, high);
        string[] names = [.. Enumerable.Range(0, dimensions).Select(static i => $"x{i}")];
        return h => function(Array.ConvertAll(names, name => h.Suggest(name, domain)));
    }

    private static double Sphere(double[] x) => x.Sum(static v => (v - 1) * (v - 1));

    private static double Rosenbrock(double[] x) =>
        Enumerable.Range(0, x.Length - 1).Sum(i => (100 * Math.Pow(x[i + 1] - (x[i] * x[i]), 2)) + Math.Pow(1 - x[i], 2));

    private static double Rastrigin(double[] x) => (10 * x.Length) + x.Sum(static v => ((v - 1) * (v - 1)) - (10 * Math.Cos(2 * Math.PI * (v - 1))));

    private static double Ackley(double[] x) =>
        (-20 * Math.Exp(-0.2 * Math.Sqrt(x.Sum(static v => (v - 3) * (v - 3)) / x.Length)))
        - Math.Exp(x.Sum(static v => Math.Cos(2 * Math.PI * (v - 3))) / x.Length) + 20 + Math.E;

    private static double Branin(double x0, double x1) =>
        Math.Pow(x1 - (5.1 / (4 * Math.PI * Math.PI) * x0 * x0) + (5 / Math.PI * x0) - 6, 2) + (10 * (1 - (1 / (8 * Math.PI))) * Math.Cos(x0)) + 10;

    private static double Hartmann(double[] x) => -Enumerable.Range(0, 4).Sum(i =>
        HartmannC[i] * Math.Exp(-Enumerable.Range(0, 6).Sum(j => HartmannA[i][j] * Math.Pow(x[j] - (HartmannP[i][j] * 1e-4), 2))));

    private static double Mixed(SamplerHarness h)
    {
        double rate = Math.Log10(h.Suggest("lr", ParameterDomain.Real(1e-5, 1, log: true)));
        double depth = h.Suggest("depth", ParameterDomain.Whole(1, 20));
        double sub = h.Suggest("sub", ParameterDomain.Real(0.1, 1));
        double optimizer = new[] { 0, 0.35, 0.1, 0.25 }[(int)h.Suggest("opt", ParameterDomain.Categorical("adam", "sgd", "rms", "adagrad"))];
        double activation = new[] { 0, 0.1, 0.02 }[(int)h.Suggest("act", ParameterDomain.Categorical("relu", "tanh", "gelu"))];
        double decay = Math.Log10(h.Suggest("l2", ParameterDomain.Real(1e-8, 1, log: true)));
        return (Math.Pow(rate + 2.5, 2) * 0.3) + Math.Pow((depth - 7) / 10, 2) + (0.5 * Math.Pow(sub - 0.8, 2)) + optimizer + activation
            + (0.2 * Math.Abs(decay + 4) / 4) + (0.3 * (rate + 2.5) * (sub - 0.8));
    }

    private static double Conditional(SamplerHarness h) => h.Suggest("kind", ParameterDomain.Categorical("svm", "tree", "mlp")) switch
    {
        0 => Machine(h),
        1 => Tree(h),
        _ => Network(h),
    };

    private static double Machine(SamplerHarness h)
    {
        double c = Math.Log10(h.Suggest("C", ParameterDomain.Real(1e-3, 1e3, log: true)));
        double value = 0.15 + (0.02 * Math.Pow(c - 1, 2));
        return value + h.Suggest("kernel", ParameterDomain.Categorical("rbf", "poly", "linear")) switch
        {
            0 => 0.02 * Math.Pow(Math.Log10(h.Suggest("gamma", ParameterDomain.Real(1e-5, 10, log: true))) + 2, 2),
            1 => 0.10 + (0.03 * Math.Pow(h.Suggest("degree", ParameterDomain.Whole(1, 6)) - 3, 2)),
            _ => 0.12,
        };
    }

    private static double Tree(SamplerHarness h)
    {
        double depth = Math.Log2(h.Suggest("depth", ParameterDomain.Whole(1, 32, log: true)));
        double leaf = Math.Log2(h.Suggest("min_leaf", ParameterDomain.Whole(1, 64, log: true)));
        double rate = Math.Log10(h.Suggest("lr_tree", ParameterDomain.Real(1e-3, 1, log: true)));
        double sub = h.Suggest("subsample", ParameterDomain.Real(0.3, 1));
        return 0.10 + (0.03 * Math.Pow(depth - 3, 2)) + (0.01 * Math.Pow(leaf - 2, 2)) + (0.05 * Math.Pow(rate + 1, 2)) + (0.2 * Math.Pow(sub - 0.7, 2));
    }

    private static double Network(SamplerHarness h)
    {
        int layers = (int)h.Suggest("layers", ParameterDomain.Whole(1, 4));
        double value = 0.05 + (0.04 * Math.Pow(layers - 2, 2));
        for (int i = 0; i < layers; i++)
        {
            value += 0.5 * Math.Pow((h.Suggest($"units{i}", ParameterDomain.Whole(8, 256, step: 8)) - 128) / 256, 2) / layers;
        }

        double activation = new[] { 0, 0.03, 0.06 }[(int)h.Suggest("act", ParameterDomain.Categorical("relu", "tanh", "sigmoid"))];
        double rate = Math.Log10(h.Suggest("lr_mlp", ParameterDomain.Real(1e-5, 0.1, log: true)));
        return value + activation + (0.02 * Math.Pow(rate + 3, 2));
    }
}
