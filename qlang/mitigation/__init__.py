"""The mathematics of error mitigation: methods, their predictors of bias, variance and cost, and the choice.

`arms` names the methods, `zne`, `confusion` and `readout` compute them, `predict` and `choice` say beforehand what
they will bring, `statistics` holds estimators and distances. Only `counts`, `readout` and `statistics` need NumPy.
"""
