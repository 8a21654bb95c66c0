namespace TuneOverProcesses;

/// <summary>Two half-moons that reach into each other: a classification that a line cannot solve.</summary>
internal static class Moons
{
    public static IReadOnlyList<(double X, double Y, int Label)> Training { get; } = Draw(seed: 1, count: 300);

    public static IReadOnlyList<(double X, double Y, int Label)> Validation { get; } = Draw(seed: 2, count: 300);

    private static List<(double X, double Y, int Label)> Draw(int seed, int count)
    {
        var random = new Random(seed);
        List<(double, double, int)> points = [];
        for (int i = 0; i < count; i++)
        {
            int label = i % 2;
            double angle = Math.PI * random.NextDouble();
            double x = label == 0 ? Math.Cos(angle) : 1 - Math.Cos(angle);
            double y = label == 0 ? Math.Sin(angle) : 0.5 - Math.Sin(angle);
            points.Add((x + Noise(random), y + Noise(random), label));
        }

        return points;
    }

    private static double Noise(Random random) => 0.2 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
