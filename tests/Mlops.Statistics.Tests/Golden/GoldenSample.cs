using System.Text.Json;

namespace Mlops.Statistics.Tests;

/// <summary>Rebuilds the samples of the golden file from their generators, bit for bit.</summary>
internal static class GoldenSample
{
    public static double[] Build(JsonElement spec)
    {
        if (spec.ValueKind == JsonValueKind.Array)
            return GoldenFile.Numbers(spec);
        int n = spec.GetProperty("n").GetInt32();
        ulong state = spec.TryGetProperty("seed", out JsonElement seed) ? ulong.Parse(seed.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : 0;
        double a = Optional(spec, "a", 0), b = Optional(spec, "b", 1);
        string gen = spec.GetProperty("gen").GetString()!;
        double p = 0;
        double[] cumulative = [];
        if (gen == "weights")
            cumulative = GoldenFile.Numbers(spec.TryGetProperty("cw", out JsonElement cw) ? cw : spec.GetProperty("weights"));
        double[] values = new double[n];
        for (int i = 0; i < n; i++)
        {
            double value;
            switch (gen)
            {
                case "uniform": value = Uniform(ref state); break;
                case "ih12": value = IrwinHall(ref state); break;
                case "pareto1": value = 1.0 / (1.0 - Uniform(ref state)); break;
                case "ratio":
                    double top = Uniform(ref state) - 0.5;
                    value = top / (Uniform(ref state) + Math.ScaleB(1, -53));
                    break;
                case "discrete": value = Math.Floor(Uniform(ref state) * spec.GetProperty("k").GetDouble()); break;
                case "grid":
                    double q = spec.GetProperty("q").GetDouble();
                    value = Math.Floor(IrwinHall(ref state) * q) / q;
                    break;
                case "ar1":
                    p = (0.5 * p) + IrwinHall(ref state);
                    value = p;
                    break;
                case "const": value = 0; break;
                case "weights":
                    double u = Uniform(ref state);
                    int index = 0;
                    while (index < cumulative.Length - 1 && !(u < cumulative[index]))
                        index++;
                    value = index;
                    break;
                case "bernoulli": value = Uniform(ref state) < spec.GetProperty("p").GetDouble() ? 1 : 0; break;
                case "ramp_bernoulli":
                    double p0 = spec.GetProperty("p0").GetDouble(), p1 = spec.GetProperty("p1").GetDouble();
                    value = Uniform(ref state) < p0 + ((p1 - p0) * i / n) ? 1 : 0;
                    break;
                case "ramp_ih12":
                    double m0 = spec.GetProperty("m0").GetDouble(), m1 = spec.GetProperty("m1").GetDouble();
                    value = IrwinHall(ref state) + (m0 + ((m1 - m0) * i / n));
                    break;
                default: throw new NotSupportedException($"Generator '{gen}' is not known.");
            }

            double scaled = b * value;
            values[i] = gen.EndsWith("bernoulli", StringComparison.Ordinal) ? value : a + scaled;
        }

        Replace(values, spec, "nan", double.NaN, 0);
        Replace(values, spec, "inf", double.PositiveInfinity, 1);
        return values;
    }

    public static double Uniform(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (z >> 11) * Math.ScaleB(1, -53);
    }

    public static double IrwinHall(ref ulong state)
    {
        double sum = Uniform(ref state);
        for (int k = 1; k < 12; k++)
            sum += Uniform(ref state);
        return sum - 6.0;
    }

    private static void Replace(double[] values, JsonElement spec, string kind, double with, int defaultStart)
    {
        if (!spec.TryGetProperty(kind + "_every", out JsonElement every))
            return;
        int start = spec.TryGetProperty(kind + "_at", out JsonElement at) ? at.GetInt32() : defaultStart;
        for (int i = start; i < values.Length; i += every.GetInt32())
            values[i] = with;
    }

    private static double Optional(JsonElement spec, string name, double otherwise) =>
        spec.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;
}
