namespace Mlops.Tuning;

/// <summary>How the importance of parameters is measured.</summary>
public enum ImportanceMethod
{
    /// <summary>
    /// How differently a parameter is distributed among the best trials and among all of them, by the Pearson divergence of kernel densities.
    /// Watanabe, Bansal, Hutter: PED-ANOVA (2023). Fast, takes conditional parameters, and asks what it takes to be among the best.
    /// </summary>
    PedAnova = 0,

    /// <summary>
    /// Which share of the objective's variance over the whole space a parameter explains by itself, in a forest of regression trees.
    /// Hutter, Hoos, Leyton-Brown: An efficient approach for assessing hyperparameter importance (2014). It takes the parameters that every
    /// trial has.
    /// </summary>
    Fanova = 1,
}
