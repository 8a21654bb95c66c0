namespace Mlops.Drift;

/// <summary>How wrong one prediction was; larger is worse.</summary>
public enum ErrorMeasure
{
    /// <summary>|prediction - actual|; its mean is the MAE.</summary>
    Absolute = 0,

    /// <summary>(prediction - actual)²; its mean is the MSE.</summary>
    Squared = 1,

    /// <summary>1 when the prediction announces (it reaches the decision threshold) what does not happen (the actual is below 0.5), or the other way round, else 0; its mean is the misclassification rate.</summary>
    Misclassification = 2,

    /// <summary>-ln of the probability given to what happened (actual 0 or 1), probabilities kept within 1e-15 of 0 and 1.</summary>
    LogLoss = 3,
}
