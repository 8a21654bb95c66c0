namespace Mlops.Tuning.Tests;

/// <summary>Problems of several objectives, all to be minimised, with the point below which a front's volume counts.</summary>
internal static class FrontProblems
{
    public static Dictionary<string, (Func<SamplerHarness, double[]> Objectives, double[] Reference)> All { get; } = new()
    {
        ["zdt1_6"] = (On(6, static x => Zitzler(x, static (f, g) => 1 - Math.Sqrt(f / g))), [1.1, 6]),
        ["zdt2_6"] = (On(6, static x => Zitzler(x, static (f, g) => 1 - (f / g * f / g))), [1.1, 6]),
        ["zdt3_10"] = (On(10, static x => Zitzler(x, static (f, g) => 1 - Math.Sqrt(f / g) - (f / g * Math.Sin(10 * Math.PI * f)))), [1.1, 6]),
        ["dtlz2_5"] = (On(5, Sphere), [2, 2, 2]),
        ["boosting_cost"] = (Boosting, [1, 4.5]),
        ["network_size"] = (Network, [0.8, 11.1]),
    };

    private static Func<SamplerHarness, double[]> On(int dimensions, Func<double[], double[]> function)
    {
        ParameterDomain domain = ParameterDomain.Real(0, 1);
        return h => function([.. Enumerable.Range(0, dimensions).Select(i => h.Suggest($"x{i}", domain))]);
    }

    /// <summary>Zitzler, Deb, Thiele (2000).</summary>
    private static double[] Zitzler(double[] x, Func<double, double, double> shape)
    {
        double g = 1 + (9 * x[1..].Average());
        return [x[0], g * shape(x[0], g)];
    }

    /// <summary>DTLZ2 of three objectives (Deb, Thiele, Laumanns, Zitzler 2002).</summary>
    private static double[] Sphere(double[] x)
    {
        double g = 1 + x[2..].Sum(static v => (v - 0.5) * (v - 0.5));
        (double a, double b) = (x[0] * Math.PI / 2, x[1] * Math.PI / 2);
        return [g * Math.Cos(a) * Math.Cos(b), g * Math.Cos(a) * Math.Sin(b), g * Math.Sin(a)];
    }

    /// <summary>Numbers and a choice: a loss, and the decimal power of what training costs.</summary>
    private static double[] Boosting(SamplerHarness h)
    {
        double rate = Math.Log10(h.Suggest("rate", ParameterDomain.Real(1e-4, 1, log: true)));
        double trees = Math.Log10(h.Suggest("trees", ParameterDomain.Whole(10, 1000, log: true)));
        double depth = h.Suggest("depth", ParameterDomain.Whole(2, 12));
        bool isSlow = h.Suggest("kind", ParameterDomain.Categorical("plain", "dart")) == 1;
        double loss = (0.3 * Math.Pow(rate + trees - 1, 2)) + (0.1 * Math.Abs(rate + 2)) + (0.1 * Math.Pow((depth - 8) / 4, 2)) + (isSlow ? 0 : 0.08);
        return [loss, trees + Math.Log10(depth) + (isSlow ? 0.3 : 0)];
    }

    /// <summary>Branches of different length: a loss, and the binary power of a model's size.</summary>
    private static double[] Network(SamplerHarness h)
    {
        if (h.Suggest("model", ParameterDomain.Categorical("linear", "network")) == 0)
        {
            double alpha = Math.Log10(h.Suggest("alpha", ParameterDomain.Real(1e-6, 1e2, log: true)));
            return [0.4 + (0.03 * Math.Pow(alpha + 1, 2)), 2];
        }

        int depth = (int)h.Suggest("depth", ParameterDomain.Whole(1, 4));
        double rate = Math.Log10(h.Suggest("rate", ParameterDomain.Real(1e-5, 0.1, log: true)));
        double size = Enumerable.Range(0, depth).Sum(i => h.Suggest($"width{i}", ParameterDomain.Whole(4, 512, log: true)));
        return [0.05 + (0.02 * Math.Pow(depth - 3, 2)) + (0.04 * Math.Pow(rate + 3, 2)) + (2 / (4 + Math.Sqrt(size))), Math.Log2(size)];
    }
}
