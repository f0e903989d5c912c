"""Headers and units of public collections of Chinese figures, and the canonical names for them."""

from __future__ import annotations

PERCENT, YI, AS_IT_IS = 0.01, 1e8, 1.0

MACRO_FILES = {
    "gdp.csv": {
        "国内生产总值-绝对值": ("gdp", YI),
        "国内生产总值-同比增长": ("gdp_growth", PERCENT),
    },
    "cpi.csv": {
        "全国-同比增长": ("cpi_growth", PERCENT),
        "全国-环比增长": ("cpi_monthly", PERCENT),
    },
    "ppi.csv": {"当月同比增长": ("ppi_growth", PERCENT)},
    "m2.csv": {
        "货币和准货币(M2)-数量(亿元)": ("m2", YI),
        "货币和准货币(M2)-同比增长": ("m2_growth", PERCENT),
        "货币(M1)-数量(亿元)": ("m1", YI),
        "货币(M1)-同比增长": ("m1_growth", PERCENT),
        "流通中的现金(M0)-数量(亿元)": ("m0", YI),
        "流通中的现金(M0)-同比增长": ("m0_growth", PERCENT),
    },
    "pmi.csv": {"制造业-指数": ("pmi", AS_IT_IS), "非制造业-指数": ("pmi_services", AS_IT_IS)},
    "consumption.csv": {
        "当月": ("retail_sales", YI),
        "同比增长": ("retail_sales_growth", PERCENT),
    },
}
"""File -> its header -> canonical series and factor. 亿元 are 10^8 yuan."""

RATE_FILES = {
    "shibor.csv": {
        "O/N-定价": "shibor_on", "1W-定价": "shibor_1w", "2W-定价": "shibor_2w",
        "1M-定价": "shibor_1m", "3M-定价": "shibor_3m", "6M-定价": "shibor_6m",
        "9M-定价": "shibor_9m", "1Y-定价": "shibor_1y",
    },
    "lpr.csv": {"LPR1Y": "lpr_1y", "LPR5Y": "lpr_5y"},
}  # fmt: skip
"""File -> its header -> canonical rate; all in percent a year."""

INDICATOR_FILES = {
    "profit": {
        "eps": ("eps", AS_IT_IS), "roe": ("roe", PERCENT),
        "gross_profit_rate": ("gross_margin", PERCENT),
        "net_profit_ratio": ("net_margin", PERCENT),
    },
    "report": {"bvps": ("bps", AS_IT_IS)},
    "debtpaying": {
        "currentratio": ("current_ratio", AS_IT_IS), "quickratio": ("quick_ratio", AS_IT_IS),
        "adratio": ("debt_to_assets", PERCENT),
    },
    "operation": {
        "inventory_turnover": ("inventory_turnover", AS_IT_IS),
        "arturnover": ("receivables_turnover", AS_IT_IS),
    },
    "growth": {"mbrg": ("revenue_growth", PERCENT), "nprg": ("profit_growth", PERCENT)},
}  # fmt: skip
"""Kind of a `fund_KIND_*.parquet` -> its header -> canonical indicator and factor."""


VALUATION_FILES = {
    "close": ("close", AS_IT_IS), "turn": ("turnover", PERCENT),
    "peTTM": ("pe_ttm", AS_IT_IS), "pbMRQ": ("pb", AS_IT_IS), "psTTM": ("ps_ttm", AS_IT_IS),
}  # fmt: skip
"""Header of a `valuation_*.parquet` (Baostock's names) -> canonical column and factor."""
