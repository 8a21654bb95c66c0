namespace Mlops.Serving;

/// <summary>Writes the features of one row in column order.</summary>
/// <param name="input">The row.</param>
/// <param name="features">All zero at first.</param>
public delegate void FeatureWriter<in TIn>(TIn input, Span<float> features);

/// <summary>Fills the inputs of a model that are not one vector of float32.</summary>
public delegate void InputWriter<in TIn>(TIn input, ModelInputs inputs);

/// <summary>Makes the answer from the outputs of a model.</summary>
public delegate TOut OutputReader<out TOut>(ModelOutputs outputs);

/// <summary>Sees a prediction together with the row it was made for, under the rules of <see cref="IPredictionObserver"/>.</summary>
public delegate void PredictionHandler<TIn, TOut>(TIn input, in Prediction<TOut> prediction);

/// <summary>Hears the outcomes of one model, under the rules of <see cref="IOutcomeObserver"/>.</summary>
public delegate void OutcomeHandler(in PredictionOutcome outcome);
