namespace Mlops.Drift.Tests;

/// <summary>Seeded random columns.</summary>
internal sealed class Draws(int seed)
{
    private static readonly string[] Zones = ["north", "south", "east", "west"];

    private readonly Random _random = new(seed);

    public double Uniform() => _random.NextDouble();

    public int Next(int bound) => _random.Next(bound);

    public double Normal()
    {
        double u = 1 - _random.NextDouble(), v = _random.NextDouble();
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }

    public double[] Normals(int count, double shift = 0)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = Normal() + shift;
        return values;
    }

    /// <summary>Row-major normal vectors.</summary>
    public float[] Vectors(int rows, int columns, double shift = 0) => Array.ConvertAll(Normals(rows * columns, shift), static value => (float)value);

    /// <summary>Rides of consecutive hours that differ from each other by chance alone.</summary>
    public List<Ride> Rides(int count, double shift = 0, DateTimeOffset? start = null, string idPrefix = "r", int firstId = 0, double error = 1)
    {
        DateTimeOffset at = start ?? new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        List<Ride> rides = new(count);
        for (int i = 0; i < count; i++)
        {
            double distance = Normal() + shift;
            rides.Add(new Ride
            {
                Id = $"{idPrefix}{firstId + i}",
                At = at.AddHours(i),
                Distance = distance,
                Tip = Uniform() < 0.1 ? null : Math.Exp(Normal()),
                Zone = Zones[Next(Zones.Length)],
                Weekday = (DayOfWeek)Next(7),
                Predicted = distance + (error * Normal()),
            });
        }

        return rides;
    }
}
