namespace Mlops.Tuning;

/// <summary>Reads, mixes and changes the values of trials. A trial has a gene per parameter it has asked for.</summary>
internal sealed class Genes(StudySpace space, RandomStream random)
{
    // Deb and Agrawal's distribution indices: how near children stay to their parents.
    private const double CrossoverIndex = 2;
    private const double MutationIndex = 20;

    /// <summary>A trial's coordinates by name.</summary>
    public Dictionary<string, double> Of(TrialView view, int index)
    {
        Dictionary<string, double> genes = new(space.Parameters.Count, StringComparer.Ordinal);
        foreach (string name in space.Parameters.Keys)
        {
            ReadOnlySpan<double> column = view.Column(name);
            if (!column.IsEmpty && !double.IsNaN(column[index]))
            {
                genes.Add(name, column[index]);
            }
        }

        return genes;
    }

    /// <summary>
    /// A child: numbers of both parents are spread around either, choices are taken from either. A gene that one parent alone has is handed down as well, so
    /// that a branch of the other's is there if the child takes it.
    /// </summary>
    public Dictionary<string, double> Cross(Dictionary<string, double> first, Dictionary<string, double> second)
    {
        Dictionary<string, double> child = new(space.Parameters.Count, StringComparer.Ordinal);
        foreach (string name in first.Keys.Union(second.Keys).Order(StringComparer.Ordinal))
        {
            bool isShared = first.TryGetValue(name, out double a) & second.TryGetValue(name, out double b);
            bool isFirst = random.NextDouble() < 0.5;
            double draw = random.NextDouble();
            child[name] = !isShared ? (first.TryGetValue(name, out double only) ? only : b)
                : space.Parameters[name] is { IsChoice: false, IsSingle: false } domain ? Between(domain, isFirst ? a : b, isFirst ? b : a, draw)
                : isFirst ? a : b;
        }

        return child;
    }

    /// <summary>Changes a gene: a number to one near by, a choice to another.</summary>
    public double Mutate(string name, double coordinate, double index = MutationIndex)
    {
        ParameterDomain domain = space.Parameters[name];
        if (domain.IsSingle)
        {
            return coordinate;
        }

        if (domain.IsChoice)
        {
            return (coordinate + 1 + random.NextBelow((long)domain.High)) % (domain.High + 1);
        }

        var axis = new UnitAxis(domain);
        double unit = Math.Clamp(axis.ToUnit(coordinate), 0, 1);
        double u = random.NextDouble();
        double power = 1 / (index + 1);
        double step = u < 0.5
            ? Math.Pow((2 * u) + ((1 - (2 * u)) * Math.Pow(1 - unit, index + 1)), power) - 1
            : 1 - Math.Pow((2 * (1 - u)) + ((2 * u) - 1) * Math.Pow(unit, index + 1), power);
        double mutated = axis.ToCoordinate(Math.Clamp(unit + step, 0, 1));

        // On a coarse grid a small step leads back: then it is one cell.
        return mutated == coordinate && domain.Step is { } cell ? Neighbour(domain, coordinate, cell) : mutated;
    }

    private double Neighbour(ParameterDomain domain, double coordinate, double cell)
    {
        bool isUp = random.NextDouble() < 0.5;
        double beside = domain.Nearest(isUp ? coordinate + cell : coordinate - cell);
        return beside != coordinate ? beside : domain.Nearest(isUp ? coordinate - cell : coordinate + cell);
    }

    /// <summary>Simulated binary crossover: the one child that lies nearer to the parent that comes first.</summary>
    private static double Between(ParameterDomain domain, double near, double far, double u)
    {
        if (near == far)
        {
            return near;
        }

        var axis = new UnitAxis(domain);
        double spread = u < 0.5 ? Math.Pow(2 * u, 1 / (CrossoverIndex + 1)) : Math.Pow(1 / (2 * (1 - u)), 1 / (CrossoverIndex + 1));
        double unit = 0.5 * (((1 + spread) * axis.ToUnit(near)) + ((1 - spread) * axis.ToUnit(far)));
        return axis.ToCoordinate(Math.Clamp(unit, 0, 1));
    }
}
