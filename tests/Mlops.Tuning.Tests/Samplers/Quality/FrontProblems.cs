namespace Mlops.Tuning.Tests;

/// <summary>Problems of several objectives, all to be minimised, with the point below which a front's volume counts.</summary>
internal static class FrontProblems
{
    public static Dictionary<string, (Func<SamplerHarness, double[]> Objectives, double[] Reference)> All { get; } = new()
    {
        ["zdt1_6"] = (On(6, static x => Zitzler(x, static (f, g) => 1 - Math.Sqrt(f / g))), [1.1, 6]),
        ["zdt2_6"] = (On(6, static x => Zitzler(x, static (f, g) => 1 - (f / g * f / g))), [1.1, 6]),
        ["zdt3_10"] = (On(10, static x => Zitzler(x, static (f, g) => 1 - Math.Sqrt(f / g) - (f / g * Math.Sin(10 * Math.PI * f)), 0.8)), [1.1, 6.8]),
        ["dtlz2_5"] = (On(5, Sphere), [2, 2, 2]),
        ["boosting_cost"] = (Boosting, [1, 4.5]),
        ["network_size"] = (Network, [0.8, 11.1]),
    };

    /// <summary>Problems that no setting was tuned on.</summary>
    public static Dictionary<string, (Func<SamplerHarness, double[]> Objectives, double[] Reference)> HeldOut { get; } = new()
    {
        ["kursawe3"] = (On(3, Kursawe), [12, 25]),
        ["zdt6_6"] = (On(6, Uneven), [1.1, 10]),
        ["dtlz7_4"] = (On(4, Islands), [1, 1, 20]),
        ["pipeline_cost"] = (Pipeline, [0.6, 7]),
        ["steep4"] = (On(4, Steep), [100, 10]),
    };

    /// <summary>Kursawe (1991), lifted so that no value is negative, its optima off the middle.</summary>
    private static double[] Kursawe(double[] unit)
    {
        double[] x = [.. unit.Select(static (u, i) => (10 * u) - 5 - (0.7 * Math.Cos(3 * i)))];
        return [20 - Enumerable.Range(0, x.Length - 1).Sum(i => 10 * Math.Exp(-0.2 * Math.Sqrt((x[i] * x[i]) + (x[i + 1] * x[i + 1])))),
            13 + x.Sum(static v => Math.Pow(Math.Abs(v), 0.8) + (5 * Math.Sin(v * v * v)))];
    }

    /// <summary>ZDT6: few of the points lie near the front, and unevenly along it.</summary>
    private static double[] Uneven(double[] x)
    {
        double f = 1 - (Math.Exp(-4 * x[0]) * Math.Pow(Math.Sin(6 * Math.PI * x[0]), 6));
        double g = 1 + (9 * Math.Pow(x[1..].Average(), 0.25));
        return [f, g * (1 - (f / g * f / g))];
    }

    /// <summary>Rosenbrock's function, whose values span orders of magnitude, against the distance from a place beside its valley.</summary>
    private static double[] Steep(double[] unit)
    {
        double[] x = Array.ConvertAll(unit, static u => (4 * u) - 2);
        return [Enumerable.Range(0, x.Length - 1).Sum(i => (100 * Math.Pow(x[i + 1] - (x[i] * x[i]), 2)) + Math.Pow(1 - x[i], 2)), x.Sum(static v => (v + 0.5) * (v + 0.5))];
    }

    /// <summary>DTLZ7 of three objectives: four separate pieces of front.</summary>
    private static double[] Islands(double[] x)
    {
        double g = 1 + (9 * x[2..].Average());
        double h = 3 - x[..2].Sum(f => f / (1 + g) * (1 + Math.Sin(3 * Math.PI * f)));
        return [x[0], x[1], (1 + g) * h];
    }

    /// <summary>Branches with parameters of their own and one that all have: a loss, and the decimal power of what training costs.</summary>
    private static double[] Pipeline(SamplerHarness h)
    {
        double loss = 0.05 * Math.Pow(h.Suggest("power", ParameterDomain.Real(-2, 2)) - 0.6, 2);
        switch (h.Suggest("model", ParameterDomain.Categorical("linear", "forest", "network")))
        {
            case 0:
                double alpha = Math.Log10(h.Suggest("alpha", ParameterDomain.Real(1e-6, 1e2, log: true)));
                return [loss + 0.35 + (0.03 * Math.Pow(alpha + 1, 2)), 0.5];
            case 1:
                double trees = Math.Log10(h.Suggest("trees", ParameterDomain.Whole(10, 1000, log: true)));
                double leaf = Math.Log2(h.Suggest("leaf", ParameterDomain.Whole(1, 128, log: true)));
                return [loss + 0.15 + (0.08 * Math.Pow(3 - trees, 2)) + (0.02 * Math.Pow(leaf - 2, 2)), trees + (0.15 * (7 - leaf))];
            default:
                double depth = h.Suggest("depth", ParameterDomain.Whole(1, 4));
                double width = Math.Log10(h.Suggest("width", ParameterDomain.Whole(4, 512, log: true)));
                double epochs = Math.Log10(h.Suggest("epochs", ParameterDomain.Whole(1, 1000, log: true)));
                double rate = Math.Log10(h.Suggest("rate", ParameterDomain.Real(1e-5, 0.1, log: true)));
                return [loss + 0.04 + (0.02 * Math.Pow(depth - 3, 2)) + (0.04 * Math.Pow(rate + 3, 2)) + (0.06 * Math.Pow(3 - epochs, 2)) + (0.04 * Math.Pow(2.7 - width, 2)),
                    width + Math.Log10(depth) + epochs];
        }
    }

    private static Func<SamplerHarness, double[]> On(int dimensions, Func<double[], double[]> function)
    {
        ParameterDomain domain = ParameterDomain.Real(0, 1);
        return h => function([.. Enumerable.Range(0, dimensions).Select(i => h.Suggest($"x{i}", domain))]);
    }

    /// <summary>Zitzler, Deb, Thiele (2000); lifted so that no value is negative.</summary>
    private static double[] Zitzler(double[] x, Func<double, double, double> shape, double lift = 0)
    {
        double g = 1 + (9 * x[1..].Average());
        return [x[0], (g * shape(x[0], g)) + lift];
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
