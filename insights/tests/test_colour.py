import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.media.colour import ciede2000, labs, mean_labs, srgb_to_lab
from insights.schemas.media import Swatch

# Sharma, Wu and Dalal (2005), table 1: two colours and their difference.
SHARMA = """
50.0000   2.6772 -79.7751  50.0000   0.0000 -82.7485   2.0425
50.0000   3.1571 -77.2803  50.0000   0.0000 -82.7485   2.8615
50.0000   2.8361 -74.0200  50.0000   0.0000 -82.7485   3.4412
50.0000  -1.3802 -84.2814  50.0000   0.0000 -82.7485   1.0000
50.0000  -1.1848 -84.8006  50.0000   0.0000 -82.7485   1.0000
50.0000  -0.9009 -85.5211  50.0000   0.0000 -82.7485   1.0000
50.0000   0.0000   0.0000  50.0000  -1.0000   2.0000   2.3669
50.0000  -1.0000   2.0000  50.0000   0.0000   0.0000   2.3669
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0009   7.1792
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0010   7.1792
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0011   7.2195
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0012   7.2195
50.0000  -0.0010   2.4900  50.0000   0.0009  -2.4900   4.8045
50.0000  -0.0010   2.4900  50.0000   0.0010  -2.4900   4.8045
50.0000  -0.0010   2.4900  50.0000   0.0011  -2.4900   4.7461
50.0000   2.5000   0.0000  50.0000   0.0000  -2.5000   4.3065
50.0000   2.5000   0.0000  73.0000  25.0000 -18.0000  27.1492
50.0000   2.5000   0.0000  61.0000  -5.0000  29.0000  22.8977
50.0000   2.5000   0.0000  56.0000 -27.0000  -3.0000  31.9030
50.0000   2.5000   0.0000  58.0000  24.0000  15.0000  19.4535
50.0000   2.5000   0.0000  50.0000   3.1736   0.5854   1.0000
50.0000   2.5000   0.0000  50.0000   3.2972   0.0000   1.0000
50.0000   2.5000   0.0000  50.0000   1.8634   0.5757   1.0000
50.0000   2.5000   0.0000  50.0000   3.2592   0.3350   1.0000
60.2574 -34.0099  36.2677  60.4626 -34.1751  39.4387   1.2644
63.0109 -31.0961  -5.8663  62.8187 -29.7946  -4.0864   1.2630
61.2901   3.7196  -5.3901  61.4292   2.2480  -4.9620   1.8731
35.0831 -44.1164   3.7933  35.0232 -40.0716   1.5901   1.8645
22.7233  20.0904 -46.6940  23.0331  14.9730 -42.5619   2.0373
36.4612  47.8580  18.3852  36.2715  50.5065  21.2231   1.4146
90.8027  -2.0831   1.4410  91.1528  -1.6435   0.0447   1.4441
90.9257  -0.5406  -0.9208  88.6381  -0.8985  -0.7239   1.5381
 6.7747  -0.2908  -2.4247   5.8714  -0.0985  -2.2286   0.6377
 2.0776   0.0795  -1.1350   0.9033  -0.0636  -0.5514   0.9082
"""
ROWS = np.array([[float(cell) for cell in line.split()] for line in SHARMA.split("\n") if line])
COLOUR = st.tuples(st.floats(0, 100), st.floats(-128, 128), st.floats(-128, 128))


def test_ciede2000_reproduces_the_published_pairs():
    assert len(ROWS) == 34
    assert ciede2000(ROWS[:, :3], ROWS[:, 3:6]) == pytest.approx(ROWS[:, 6], abs=5e-5)


@given(COLOUR, COLOUR)
def test_ciede2000_is_a_difference(one, other):
    forth, back = ciede2000(np.array([one, other, one]), np.array([other, one, one]))[:2]
    assert forth == pytest.approx(back, abs=1e-9)
    assert forth >= 0
    assert ciede2000(np.array(one), np.array(one)) == 0


def test_ciede2000_broadcasts():
    one, other = np.zeros((5, 1, 3)), np.ones((7, 3))
    assert ciede2000(one, other).shape == (5, 7)


@pytest.mark.parametrize(
    ("hex_", "lab"),
    [
        ("#FFFFFF", (100, 0, 0)),
        ("#000000", (0, 0, 0)),
        ("#FF0000", (53.24, 80.09, 67.20)),
        ("#00FF00", (87.73, -86.18, 83.18)),
        ("#0000FF", (32.30, 79.19, -107.86)),
        ("#777777", (50.03, 0, 0)),
    ],
)
def test_srgb_becomes_lab(hex_, lab):
    assert labs([Swatch(hex=hex_)])[0] == pytest.approx(lab, abs=0.02)


def test_colours_are_hex_or_lab():
    found = labs([Swatch(lab=(1, 2, 3)), Swatch(hex="#ffffff"), Swatch(lab=(4, 5, 6))])
    assert found == pytest.approx(np.array([(1, 2, 3), (100, 0, 0), (4, 5, 6)]), abs=0.02)
    assert labs([]).shape == (0, 3)


def test_mean_colours_are_weighted_by_share():
    rows = [
        (Swatch(lab=(0, 0, 0), share=0.75), Swatch(lab=(100, 20, -40), share=0.25)),
        (),
        (Swatch(lab=(50, 1, 1), share=0.1),),
    ]
    found = mean_labs(rows)
    assert found[0] == pytest.approx((25, 5, -10))
    assert np.isnan(found[1]).all()
    assert found[2] == pytest.approx((50, 1, 1))
    assert np.isnan(mean_labs([(), ()])).all()


def test_every_srgb_colour_is_within_lab():
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 9)] * 3), axis=-1).reshape(-1, 3)
    found = srgb_to_lab(grid)
    assert found[:, 0].min() >= -1e-9
    assert found[:, 0].max() <= 100 + 1e-4
    assert np.isfinite(found).all()
