using MathNet.Numerics.LinearAlgebra;
using Mlops.Onnx;

namespace NightlyRetrain;

/// <summary>Entries = intercept + weights · inputs.</summary>
public sealed record RideModel(double Intercept, double[] Weights)
{
    /// <summary>Least squares with a penalty on the weights.</summary>
    /// <param name="days">More than there are inputs.</param>
    /// <param name="penalty">Above 0, per day.</param>
    public static RideModel Fit(IReadOnlyList<Day> days, double penalty)
    {
        Matrix<double> x = Matrix<double>.Build.DenseOfRowArrays(days.Select(static day => Array.ConvertAll(day.ToInputs(), static input => (double)input)));
        Vector<double> means = x.ColumnSums() / days.Count;
        double mean = days.Average(static day => day.Entries);
        Matrix<double> centred = x - Matrix<double>.Build.Dense(x.RowCount, x.ColumnCount, (_, column) => means[column]);
        Vector<double> targets = Vector<double>.Build.DenseOfEnumerable(days.Select(day => day.Entries - mean));
        Matrix<double> gram = centred.TransposeThisAndMultiply(centred) + (Matrix<double>.Build.DenseIdentity(x.ColumnCount) * penalty * days.Count);
        Vector<double> weights = gram.Cholesky().Solve(centred.TransposeThisAndMultiply(targets));
        return new RideModel(mean - weights.DotProduct(means), [.. weights]);
    }

    /// <summary>Mean absolute error in thousands of entries.</summary>
    public double ErrorOn(IReadOnlyList<Day> days) => days.Average(day =>
    {
        double predicted = Intercept;
        float[] inputs = day.ToInputs();
        for (int i = 0; i < inputs.Length; i++)
            predicted += Weights[i] * inputs[i];
        return Math.Abs(day.Entries - predicted);
    });

    /// <summary>The model as it is served.</summary>
    public MemoryStream ToOnnx()
    {
        var onnx = new MemoryStream();
        OnnxLinearRegression.Write(onnx, Weights, Intercept, featureNames: Day.InputNames);
        onnx.Position = 0;
        return onnx;
    }
}
