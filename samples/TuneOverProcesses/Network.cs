namespace TuneOverProcesses;

/// <summary>One hidden layer of hyperbolic tangents, trained point by point.</summary>
internal sealed class Network
{
    private const int PerUnit = 4;

    // Per hidden unit: two input weights, a bias, an output weight; last the output's bias.
    private readonly double[] _weights;
    private readonly double[] _velocities;
    private readonly double[] _hidden;

    public Network(int hidden, int seed)
    {
        var random = new Random(seed);
        _weights = new double[(hidden * PerUnit) + 1];
        for (int i = 0; i < _weights.Length; i++)
        {
            _weights[i] = random.NextDouble() - 0.5;
        }

        _velocities = new double[_weights.Length];
        _hidden = new double[hidden];
    }

    /// <summary>One pass over the points.</summary>
    public void Train(IReadOnlyList<(double X, double Y, int Label)> points, double rate, double momentum, double decay)
    {
        foreach ((double x, double y, int label) in points)
        {
            double error = Predict(x, y) - label;
            for (int unit = 0; unit < _hidden.Length; unit++)
            {
                int at = unit * PerUnit;
                double back = error * _weights[at + 3] * (1 - (_hidden[unit] * _hidden[unit]));
                Move(at + 3, error * _hidden[unit], rate, momentum, decay);
                Move(at, back * x, rate, momentum, decay);
                Move(at + 1, back * y, rate, momentum, decay);
                Move(at + 2, back, rate, momentum, 0);
            }

            Move(_weights.Length - 1, error, rate, momentum, 0);
        }
    }

    /// <summary>The mean of -log of the probability given to what is right.</summary>
    public double Loss(IReadOnlyList<(double X, double Y, int Label)> points)
    {
        double sum = 0;
        foreach ((double x, double y, int label) in points)
        {
            double probability = Predict(x, y);
            sum -= Math.Log(Math.Max(1e-9, label == 1 ? probability : 1 - probability));
        }

        return sum / points.Count;
    }

    private double Predict(double x, double y)
    {
        double sum = _weights[^1];
        for (int unit = 0; unit < _hidden.Length; unit++)
        {
            int at = unit * PerUnit;
            _hidden[unit] = Math.Tanh((_weights[at] * x) + (_weights[at + 1] * y) + _weights[at + 2]);
            sum += _hidden[unit] * _weights[at + 3];
        }

        return 1 / (1 + Math.Exp(-sum));
    }

    private void Move(int weight, double gradient, double rate, double momentum, double decay)
    {
        _velocities[weight] = (momentum * _velocities[weight]) - (rate * (gradient + (decay * _weights[weight])));
        _weights[weight] += _velocities[weight];
    }
}
