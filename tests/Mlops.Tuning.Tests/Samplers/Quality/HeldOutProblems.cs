namespace Mlops.Tuning.Tests;

/// <summary>Problems that no setting was tuned on, all to be minimised; the counterpart of tests/reference/tuning/held_out.py.</summary>
internal static class HeldOutProblems
{
    public static Dictionary<string, Func<SamplerHarness, double>> All { get; } = new()
    {
        ["levy6"] = Problems.On(6, -10, 10, Levy),
        ["ellipsoid8"] = Problems.On(8, -5, 5, Ellipsoid),
        ["rastrigin6_turned"] = Problems.On(6, -5.12, 5.12, Rastrigin),
        ["griewank8"] = Problems.On(8, -100, 100, Griewank),
        ["styblinski7"] = Problems.On(7, -5, 5, static x => 0.5 * x.Sum(static v => (v * v * v * v) - (16 * v * v) + (5 * v))),
        ["boosting"] = Boosting,
        ["pipeline"] = Pipeline,
        ["alpine6"] = Problems.On(6, -10, 10, static x => Shift(x, static i => 2 * Math.Sin(i + 1)).Sum(static z => Math.Abs((z * Math.Sin(z)) + (0.1 * z)))),
        ["schwefel5"] = Problems.On(5, -500, 500, static x => (418.9828872724338 * x.Length) - x.Sum(static v => v * Math.Sin(Math.Sqrt(Math.Abs(v))))),
        ["michalewicz5"] = Problems.On(
            5, 0, Math.PI, static x => -x.Select(static (v, i) => Math.Sin(v) * Math.Pow(Math.Sin((i + 1) * v * v / Math.PI), 20)).Sum()),
        ["zakharov6"] = Problems.On(6, -5, 10, Zakharov),
    };

    /// <summary>A reflection along (1, 1/2, ..., 1/d): the axes are turned, the same everywhere.</summary>
    private static double[] Turn(double[] z)
    {
        double[] v = [.. Enumerable.Range(1, z.Length).Select(static i => 1.0 / i)];
        double along = 2 * v.Zip(z, static (a, b) => a * b).Sum() / v.Sum(static a => a * a);
        return [.. v.Zip(z, (a, b) => b - (along * a))];
    }

    private static double[] Shift(double[] x, Func<int, double> by) => [.. x.Select((value, i) => value - by(i))];

    private static double Square(double x) => x * x;

    private static double Levy(double[] x)
    {
        double[] w = Array.ConvertAll(Shift(x, static i => (0.7 * (i + 1)) - 2), static z => 1 + (z / 4));
        double last = w[^1];
        return Square(Math.Sin(Math.PI * w[0]))
            + w[..^1].Sum(static v => Square(v - 1) * (1 + (10 * Square(Math.Sin((Math.PI * v) + 1)))))
            + (Square(last - 1) * (1 + Square(Math.Sin(2 * Math.PI * last))));
    }

    private static double Ellipsoid(double[] x) =>
        Turn(Shift(x, static i => 1.5 * Math.Cos(i + 1))).Select((z, i) => Math.Pow(10, 3.0 * i / (x.Length - 1)) * z * z).Sum();

    private static double Rastrigin(double[] x) =>
        (10 * x.Length) + Turn(Shift(x, static i => 1.2 * Math.Sin(2 * (i + 1)))).Sum(static z => (z * z) - (10 * Math.Cos(2 * Math.PI * z)));

    private static double Griewank(double[] x)
    {
        double[] z = Shift(x, static i => 20 * Math.Cos(3 * i));
        return 1 + (z.Sum(Square) / 400) - z.Select(static (v, i) => Math.Cos(v / Math.Sqrt(i + 1))).Aggregate(1.0, static (product, c) => product * c);
    }

    private static double Zakharov(double[] x)
    {
        double[] z = Turn(Shift(x, static i => 1.5 * Math.Cos((2 * i) + 1)));
        double along = z.Select(static (v, i) => 0.5 * (i + 1) * v).Sum();
        return z.Sum(Square) + Square(along) + Square(Square(along));
    }

    private static double Boosting(SamplerHarness h)
    {
        double rate = Math.Log10(h.Suggest("rate", ParameterDomain.Real(1e-4, 1, log: true)));
        double trees = Math.Log10(h.Suggest("trees", ParameterDomain.Whole(10, 1000, log: true)));
        double depth = h.Suggest("depth", ParameterDomain.Whole(2, 12));
        double share = h.Suggest("share", ParameterDomain.Real(0.3, 1, step: 0.05));
        int loss = (int)h.Suggest("loss", ParameterDomain.Categorical("0", "1", "2", "3", "4"));
        int kind = (int)h.Suggest("kind", ParameterDomain.Categorical("gbtree", "dart", "linear"));
        return (0.4 * Square(rate + trees - 1)) + (0.15 * Math.Abs(rate + 2)) + (0.1 * Square((depth - (kind == 1 ? 7 : 5)) / 4))
            + (0.3 * Square(share - 0.65 - (loss == 3 ? 0.1 : 0))) + new[] { 0.2, 0, 0.15, 0.05, 0.3 }[loss] + new[] { 0.08, 0, 0.2 }[kind];
    }

    private static double Pipeline(SamplerHarness h)
    {
        double value = 0.05 * Square(h.Suggest("power", ParameterDomain.Real(-2, 2)) - 0.6);
        return value + h.Suggest("model", ParameterDomain.Categorical("linear", "forest", "network")) switch
        {
            0 => 0.2 + (0.03 * Square(Math.Log10(h.Suggest("alpha", ParameterDomain.Real(1e-6, 1e2, log: true))) + 1)),
            1 => Forest(h),
            _ => Network(h),
        };
    }

    private static double Forest(SamplerHarness h)
    {
        double leaf = Math.Log2(h.Suggest("leaf", ParameterDomain.Whole(1, 128, log: true)));
        double features = h.Suggest("features", ParameterDomain.Real(0.1, 1));
        bool isBagged = h.Suggest("bagged", ParameterDomain.Categorical("yes", "no")) == 0;
        return 0.12 + (0.02 * Square(leaf - 2)) + (0.3 * Square(features - 0.4))
            + (isBagged ? 0.4 * Square(h.Suggest("sample", ParameterDomain.Real(0.2, 1)) - 0.75) : 0.06);
    }

    private static double Network(SamplerHarness h)
    {
        int depth = (int)h.Suggest("depth", ParameterDomain.Whole(1, 5));
        double rate = Math.Log10(h.Suggest("rate", ParameterDomain.Real(1e-5, 0.1, log: true)));
        double widths = 0;
        for (int i = 0; i < depth; i++)
        {
            widths += 0.1 * Square(Math.Log2(h.Suggest($"width{i}", ParameterDomain.Whole(4, 512, log: true))) - 6) / depth;
        }

        return 0.04 + (0.03 * Square(depth - 3)) + (0.05 * Square(rate + 2.5 + (0.2 * depth))) + (widths / 2);
    }
}
