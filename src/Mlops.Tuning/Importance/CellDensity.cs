namespace Mlops.Tuning;

/// <summary>
/// One parameter's domain cut into cells, and the kernel density of observations over them: normal kernels of one bandwidth by Scott's rule,
/// cut off at the ends, and a prior kernel that covers the domain; choices without an order have a kernel each.
/// Equal to the densities of Optuna's PED-ANOVA.
/// </summary>
internal sealed class CellDensity
{
    private const int MaximumCells = 50;
    private const double ScottFactor = 1.059;
    private const double NormalInterquartileRange = 1.34;

    // 90 % of a kernel lie in its own cell at least, so that no cell depends on rounding.
    private const double NarrowestBandwidth = 0.5 / 1.64;

    private readonly ParameterDomain _domain;

    public CellDensity(ParameterDomain domain)
    {
        _domain = domain;
        Cells = CountCells(domain);
    }

    public int Cells { get; }

    /// <summary>The cell of every coordinate, -1 for NaN.</summary>
    public int[] Place(double[] coordinates)
    {
        if (_domain.IsChoice)
        {
            return Array.ConvertAll(coordinates, static coordinate => double.IsNaN(coordinate) ? -1 : (int)coordinate);
        }

        double low = Scale(_domain.Low);
        double high = Scale(_domain.High);
        double width = (high - low) / (Cells - 1);
        double[] centres = new double[Cells];
        for (int i = 0; i < Cells; i++)
        {
            centres[i] = i == Cells - 1 ? high : low + (i * width);
        }

        return Array.ConvertAll(coordinates, coordinate =>
        {
            if (double.IsNaN(coordinate))
            {
                return -1;
            }

            int place = Array.BinarySearch(centres, Scale(coordinate) - (width / 2));
            return Math.Min(place < 0 ? ~place : place, Cells - 1);
        });
    }

    /// <summary>The probability of every cell, given how many observations fell into each.</summary>
    public double[] Of(int[] counts)
    {
        double total = counts.Sum();
        double[] density = new double[Cells];
        if (_domain.IsChoice)
        {
            Choices(counts, total, density);
        }
        else
        {
            double bandwidth = Bandwidth(counts, total);
            double[] mass = Masses(bandwidth);
            for (int centre = 0; centre < Cells; centre++)
            {
                if (counts[centre] > 0)
                {
                    Kernel(density, mass, Cells - centre, counts[centre] / (total + 1));
                }
            }

            Prior(density, 1 / (total + 1));
        }

        return density;
    }

    private void Choices(int[] counts, double total, double[] density)
    {
        double share = 1.0 / (counts.Count(static count => count > 0) + 1);
        double sum = 1 + (share * Cells);
        for (int choice = 0; choice < Cells; choice++)
        {
            density[choice] = (1.0 / Cells / (total + 1)) + (((share * total) + counts[choice]) / sum / (total + 1));
        }
    }

    /// <summary>Adds a kernel; <paramref name="from"/> is where the masses of its distances begin.</summary>
    private static void Kernel(double[] density, double[] mass, int from, double weight)
    {
        ReadOnlySpan<double> own = mass.AsSpan(from, density.Length);
        double inside = 0;
        foreach (double part in own)
        {
            inside += part;
        }

        double scale = weight / inside;
        for (int i = 0; i < density.Length; i++)
        {
            density[i] += own[i] * scale;
        }
    }

    private void Prior(double[] density, double weight)
    {
        double centre = 0.5 * (Cells - 1);
        double inside = NormalMass(-0.5 - centre, Cells - 0.5 - centre, Cells);
        for (int i = 0; i < Cells; i++)
        {
            density[i] += weight * NormalMass(i - 0.5 - centre, i + 0.5 - centre, Cells) / inside;
        }
    }

    /// <summary>The mass of the cells at distances -Cells to Cells from a kernel's centre.</summary>
    private double[] Masses(double bandwidth)
    {
        double[] mass = new double[(2 * Cells) + 1];
        for (int distance = 0; distance <= Cells; distance++)
        {
            mass[Cells + distance] = mass[Cells - distance] = NormalMass(distance - 0.5, distance + 0.5, bandwidth);
        }

        return mass;
    }

    private double Bandwidth(int[] counts, double total)
    {
        double mean = 0;
        for (int i = 0; i < Cells; i++)
        {
            mean += i * counts[i] / total;
        }

        double squares = 0;
        for (int i = 0; i < Cells; i++)
        {
            squares += (i - mean) * (i - mean) * counts[i];
        }

        double deviation = Math.Sqrt(squares / Math.Max(1, total - 1));
        int lower = FirstCell(counts, cumulated => cumulated >= Math.Floor(total / 4));
        int upper = FirstCell(counts, cumulated => cumulated > Math.Floor(total * 3 / 4));
        double scott = ScottFactor * Math.Min((upper - lower) / NormalInterquartileRange, deviation) * Math.Pow(total, -0.2);
        return Math.Max(scott, NarrowestBandwidth);
    }

    /// <summary>The first cell with observations at which the count of all up to it satisfies a condition, else the last one.</summary>
    private static int FirstCell(int[] counts, Func<double, bool> condition)
    {
        double cumulated = 0;
        int last = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0)
            {
                continue;
            }

            last = i;
            cumulated += counts[i];
            if (condition(cumulated))
            {
                break;
            }
        }

        return last;
    }

    private static double NormalMass(double from, double to, double deviation) => from > 0
        ? NormalLaw.Cumulative(-from / deviation) - NormalLaw.Cumulative(-to / deviation)
        : NormalLaw.Cumulative(to / deviation) - NormalLaw.Cumulative(from / deviation);

    private double Scale(double coordinate) => _domain.Log ? Math.Log(coordinate) : coordinate;

    private static int CountCells(ParameterDomain domain)
    {
        if (domain.IsChoice)
        {
            return domain.Choices.Count;
        }

        if (domain.Count is not { } count)
        {
            return MaximumCells;
        }

        long cells = domain.Log ? (long)Math.Ceiling(Math.Log(count) / Math.Log(2)) + 1 : count;
        return (int)Math.Min(cells, MaximumCells);
    }
}
