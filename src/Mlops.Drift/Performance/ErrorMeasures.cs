namespace Mlops.Drift;

internal static class ErrorMeasures
{
    private const double Clip = 1e-15;

    public static double Error(this ErrorMeasure measure, double prediction, double actual, double decisionThreshold) => measure switch
    {
        ErrorMeasure.Absolute => Math.Abs(prediction - actual),
        ErrorMeasure.Squared => (prediction - actual) * (prediction - actual),
        ErrorMeasure.Misclassification => (prediction >= decisionThreshold) == (actual >= 0.5) ? 0 : 1,
        _ => -Math.Log(Math.Clamp(actual >= 0.5 ? prediction : 1 - prediction, Clip, 1 - Clip)),
    };
}
